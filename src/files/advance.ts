import {hostname} from 'node:os';
import type {ActBounds, ActProgress, ActScope, ActTrouble} from '../base/act.ts';
import {leftBecause, troubleOf} from './refusals.ts';

/** Where a test may have a process die: before and after each change of a file system. */
export type Reach = (point: string) => void;

/** What became of one thing: it was moved, linked or removed; it had to be copied for that; it was not there any more. */
export type Did = 'acted' | 'copied' | 'gone' | 'nothing';

const TOLD = 10;

/** How far an act has come, and how long it may go on now. */
export class Advance {
  progress: ActProgress;
  trouble: ActTrouble | undefined;
  readonly sameHost: boolean;
  readonly #until: number;
  #left: number;

  constructor(
    readonly scope: ActScope,
    progress: ActProgress,
    bounds: ActBounds,
    readonly reach: Reach,
  ) {
    this.progress = progress;
    this.sameHost = scope.host === hostname();
    this.#until = performance.now() + bounds.ms;
    this.#left = bounds.entries;
  }

  /** Go on with the next look: so much has been done, or the file system does not take it. */
  get pauses(): boolean {
    return this.trouble !== undefined || this.#left <= 0 || performance.now() >= this.#until;
  }

  /** See to things one after the other, until all are done or it pauses. @param each is told the number of the thing */
  async through(
    part: ActProgress['part'],
    count: number,
    pathOf: (index: number) => string,
    each: (index: number) => Did | 'pauses' | Promise<Did | 'pauses'>,
  ): Promise<boolean> {
    if (this.progress.part !== part) return false;
    while (this.progress.done < count) {
      if (this.pauses) return false;
      const index = this.progress.done;
      try {
        const did = await each(index);
        if (did === 'pauses') return false;
        this.#count(did);
      } catch (error) {
        const why = leftBecause(error);
        if (why === undefined) {
          this.trouble = troubleOf(error, pathOf(index));
          return false;
        }
        this.leave(pathOf(index), why);
      }
      this.#left--;
      this.progress = {...this.progress, done: index + 1, compared: undefined};
    }
    return true;
  }

  /** What was copied is counted once: its removal is part of the same move. */
  #count(did: Did): void {
    const {part, acted, copied, gone} = this.progress;
    if (part === 'remove' || part === 'put') return;
    if (did === 'gone') this.progress = {...this.progress, gone: gone + 1};
    if (did === 'acted') this.progress = {...this.progress, acted: acted + 1};
    if (did === 'copied') this.progress = {...this.progress, acted: acted + 1, copied: copied + 1};
  }

  leave(path: string, why: string): void {
    const {left, told} = this.progress;
    this.progress = {...this.progress, left: left + 1, told: told.length < TOLD ? [...told, `${path}: ${why}`] : told};
  }

  next(part: ActProgress['part']): void {
    this.progress = {...this.progress, part, done: 0, compared: undefined};
  }

  finish(): void {
    this.progress = {...this.progress, finished: true};
  }

  /** Change the file system. */
  change<T>(what: string, change: () => T): T {
    this.reach(`before ${what}`);
    const result = change();
    this.reach(`after ${what}`);
    return result;
  }
}
