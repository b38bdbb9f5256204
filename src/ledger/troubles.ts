import {join} from 'node:path';
import * as z from 'zod/mini';
import {ensureSubdirectory} from '../disk/directories.ts';
import {namesIn} from '../disk/facts.ts';
import {fileCache} from '../disk/file-cache.ts';
import {removeIfPossible} from '../disk/whole-file.ts';

/** What a process of stage is: a job of its own; `tick`: "stage monitor" by cron or by hand; any other command. */
export const PROCESS_KINDS = ['monitor', 'launcher', 'sentinel', 'wait', 'act', 'tick', 'command'] as const;
export type ProcessKind = (typeof PROCESS_KINDS)[number];

const SERVICES = ['PBS', 'Globus'] as const;
export type Service = (typeof SERVICES)[number];

/** A process of stage, as its notes are filed: those of the same kind that serve the same run replace each other's. */
export interface ProcessOfStage {
  readonly kind: ProcessKind;
  /** the run that it serves; all when absent */
  readonly run?: string | undefined;
}

/** PBS started it. */
export function isJob({kind}: ProcessOfStage): boolean {
  return kind !== 'tick' && kind !== 'command';
}

/** What a service last failed with, for one kind of process. It holds no secret: the words are those of an error. */
export interface Trouble extends ProcessOfStage {
  readonly service: Service;
  /** of the error, such as `SIGN_IN_NEEDED` */
  readonly code: string;
  readonly exit: number;
  readonly what: string;
  readonly why?: string | undefined;
  readonly next: readonly string[];
  /** since when no process of this kind had an answer, and when the last one tried, in milliseconds */
  readonly since: number;
  readonly at: number;
  readonly host: string;
  readonly job?: string | undefined;
  /** `user@host:pid` */
  readonly by: string;
}

/** `cache/trouble.KIND.SERVICE.json`, or `trouble.KIND.RUN.SERVICE.json` of a process that serves one run. */
export const TROUBLE = z.object({
  service: z.enum(SERVICES),
  kind: z.enum(PROCESS_KINDS),
  run: z.optional(z.string()),
  code: z.string(),
  exit: z.number(),
  what: z.string(),
  why: z.optional(z.string()),
  next: z.array(z.string()),
  since: z.number(),
  at: z.number(),
  host: z.string(),
  job: z.optional(z.string()),
  by: z.string(),
});

/** The last troubles of processes of stage with PBS and Globus. They may vanish, and are met again then. */
export interface Troubles {
  read(): Trouble[];
  /** in place of the one before, whose beginning it keeps */
  note(trouble: Omit<Trouble, 'since'>): void;
  /** The service has answered a process of that kind. */
  clear(process: ProcessOfStage, service: Service): void;
}

/** Notes of runs are not removed with their run: so many are kept, the newest. */
const MOST_NOTES = 200;
const LONGEST_TEXT = 1000;

/** @param cache of the state directory */
export function openTroubles(cache: string): Troubles {
  const nameOf = ({kind, run}: ProcessOfStage, service: Service) =>
    `trouble.${[kind, ...(run ? [run] : []), service].join('.')}.json`;
  const file = (name: string) => fileCache(join(cache, name), TROUBLE, ensureSubdirectory);
  const read = () => notesIn(cache).flatMap((name) => file(name).read() ?? []);
  const clear = (process: ProcessOfStage, service: Service) => removeIfPossible(join(cache, nameOf(process, service)));
  return {
    read,
    clear,
    note(trouble) {
      const note = file(nameOf(trouble, trouble.service));
      const {what, why} = trouble;
      const words = {what: what.slice(0, LONGEST_TEXT), why: why?.slice(0, LONGEST_TEXT)};
      note.write({...trouble, ...words, next: [...trouble.next], since: note.read()?.since ?? trouble.at});
      if (notesIn(cache).length <= MOST_NOTES) return;
      for (const old of read()
        .toSorted((a, b) => b.at - a.at)
        .slice(MOST_NOTES))
        clear(old, old.service);
    },
  };
}

function notesIn(cache: string): string[] {
  try {
    return namesIn(cache).filter((name) => /^trouble\..*\.json$/.test(name));
  } catch {
    return []; // they are hints: a disk that does not answer is told of elsewhere
  }
}
