/** What a job that copies is to do (via: copy). */
export interface CopyJob {
  /** where its facts, its script and its output lie */
  readonly directory: string;
  /** what the names of its files begin with: `job-1` */
  readonly claim: string;
  readonly tag: string;
  /** hosts; empty for the cluster itself */
  readonly source: string;
  readonly target: string;
  /** file with the items: a line each for `d` or `f`, from, to */
  readonly items: string;
  /** of rsync, a word each */
  readonly options: readonly string[];
  /** compare both sides by checksum when all is there */
  readonly compare: boolean;
  /** an earlier job may have moved some of it */
  readonly resume: boolean;
}
