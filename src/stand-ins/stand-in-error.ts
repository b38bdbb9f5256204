/**
 * How a request to the stand-ins can fail:
 * `down`: they do not run, or do not answer; `wrong`: the request makes no sense to them, and nothing was changed;
 * `other-version`: those that run belong to another version of stage; `damaged`: a record that they keep is not as they
 * wrote it.
 */
export type StandInTrouble = 'down' | 'wrong' | 'other-version' | 'damaged';

/** The one error of the stand-ins. They share none with the product, which translates it where it uses their door. */
export class StandInError extends Error {
  readonly trouble: StandInTrouble;
  readonly why: string | undefined;
  /** what to do next: each one sentence or command */
  readonly next: readonly string[];

  constructor(trouble: StandInTrouble, what: string, more: {why?: string | undefined; next?: readonly string[]} = {}) {
    super(what);
    this.name = 'StandInError';
    this.trouble = trouble;
    this.why = more.why;
    this.next = more.next ?? [];
  }
}

/** A record of theirs that is neither absent nor whole. */
export class DamagedRecord extends StandInError {
  readonly file: string;

  /** @param remove what is to be removed to do without it */
  constructor(file: string, why: string, remove: string) {
    super('damaged', `a record of the stand-ins is damaged: ${file}`, {
      why,
      next: [
        'Restore the file as it was: stage local down, put it back, stage local up',
        `Do without what it holds: stage local down; rm -r ${remove}; stage local up`,
      ],
    });
    this.file = file;
  }
}

/** What the background process ends with when a record keeps it from starting. */
export const DAMAGED_EXIT = 4;

export function standInsDown(why: string): StandInError {
  return new StandInError('down', 'the local stand-ins do not answer', {why, next: ['Start them: stage local up']});
}

/** Their socket lies where others could put another one. */
export function servedToOthers(directory: string): StandInError {
  return new StandInError('wrong', 'the stand-ins are not served where others could reach them', {
    why: `${directory} is open to others, or not a directory of yours`,
    next: [`Close it: chmod 700 ${directory}`, `If it is not yours, remove it: rm -r ${directory}`],
  });
}
