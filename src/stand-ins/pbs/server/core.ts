import {userInfo} from 'node:os';
import type {Lasts} from '../../day.ts';
import type {ServerNames} from '../language/job-id.ts';
import type {Job} from './store/job.ts';
import {createJournal, type Journal} from './store/journal.ts';
import type {Settings} from './store/settings.ts';
import type {Places, Store} from './store/store.ts';

/** What the parts of the server share: the jobs, where they are kept, and what is known of their processes. */

/** What a blocking qsub is told at the end of its job. */
export interface BlockAnswer {
  readonly exitCode: number;
  readonly message?: string;
}

export interface ServerParts {
  readonly store: Store;
  readonly names: ServerNames;
  readonly processors: () => number;
  readonly lasts: Lasts;
  readonly log: (line: string) => void;
}

export interface Core extends ServerParts {
  /** by id, in the order of their numbers */
  readonly jobs: Map<string, Job>;
  readonly places: Places;
  readonly settings: Settings;
  readonly journal: Journal;
  /** user that the jobs' processes belong to */
  readonly processUser: string;
  /** jobs whose process has ended and whose left-over processes are being ended */
  readonly ending: Set<string>;
  /** jobs whose supervisors are children of this process: their ends are events, and need no looking */
  readonly mine: Set<string>;
  /** signals for jobs whose session had not begun when they were sent */
  readonly owed: Map<string, number>;
  /** when this server was started: it sweeps its history at fixed times after that */
  readonly startedAt: number;
  /** nothing is served, started or ended any more */
  closed: boolean;
  /** record a change of a job */
  save(job: Job): void;
  /** look soon at what is due and what may start */
  wake(): void;
  /** answer the blocking qsubs of a job */
  tell(id: string, answer: BlockAnswer): void;
  waitFor(id: string): Promise<BlockAnswer>;
}

export function createCore(parts: ServerParts, wake: () => void): Core {
  const {store, names} = parts;
  const {places, settings} = store;
  const waiters = new Map<string, ((answer: BlockAnswer) => void)[]>();
  const inOrder = store.jobs.sort((a, b) => a.seq - b.seq || (a.index ?? -1) - (b.index ?? -1));
  return {
    ...parts,
    jobs: new Map(inOrder.map((job) => [job.id, job])),
    places,
    settings,
    journal: createJournal(places.serverLogs, places.accounting, names.server, Date.now),
    processUser: userInfo().username,
    ending: new Set(),
    mine: new Set(),
    owed: new Map(),
    startedAt: Date.now(),
    closed: false,
    save(job) {
      job.mtime = Date.now();
      store.saveJob(job);
    },
    wake,
    tell(id, answer) {
      for (const waiter of waiters.get(id) ?? []) waiter(answer);
      waiters.delete(id);
    },
    waitFor: (id) =>
      new Promise((answer) => {
        waiters.set(id, [...(waiters.get(id) ?? []), answer]);
      }),
  };
}
