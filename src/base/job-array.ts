/** Which members a job array has: `first`, `first + step`, … up to `last`. */
export interface JobArray {
  /** 0 or more */
  readonly first: number;
  /** above `first`: qsub refuses `1-1` (measured on OpenPBS 23.06) */
  readonly last: number;
  /** 1 or more */
  readonly step: number;
  /** how many members may run at once; no limit of ours when absent. OpenPBS 20 and later know it */
  readonly atOnce?: number;
}
