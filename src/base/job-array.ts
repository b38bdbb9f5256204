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

/** One spelling for one range, in the form of `qsub -J`: a step of 1 is left out. */
export function writeArrayRange({first, last, step, atOnce}: JobArray): string {
  return `${first}-${last}${step === 1 ? '' : `:${step}`}${atOnce === undefined ? '' : `%${atOnce}`}`;
}

/** How many subjobs a range makes. */
export function countSubjobs({first, last, step}: JobArray): number {
  return Math.floor((last - first) / step) + 1;
}
