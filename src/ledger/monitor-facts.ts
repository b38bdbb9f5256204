import {rmSync} from 'node:fs';
import {join} from 'node:path';
import type {JobId} from '../base/job-id.ts';
import {ensureSubdirectory} from '../disk/directories.ts';
import {createFact, type FactValue, namesIn} from '../disk/facts.ts';
import {type FactKind, type FactRead, readFact, type UnusableFact} from '../disk/read-fact.ts';
import {MONITOR_FACTS} from './fact-schemas/monitor-facts.ts';
import type {MonitorLink} from './monitor-link.ts';
import type {Refusal} from './run-facts.ts';

/** What a look saw of the tasks: the next one tells how far they got since. */
export interface LookFact {
  readonly at: number;
  readonly tasks: Readonly<Record<string, {readonly subtasksPending: number}>>;
  /** when this look wanted the next one; absent when nothing was left */
  readonly nextAt?: number;
  /** the process that looked, `user@host:pid` */
  readonly by?: string | undefined;
  /** the monitor job that looked, where it is on record: read, and not written here */
  readonly job?: JobId | undefined;
}

export type MonitorFactKind = keyof typeof MONITOR_FACTS;

/** Links kept for people to read; older ones are removed by the newest. */
const KEPT_GENERATIONS = 20;

export interface MonitorLedger {
  /** The newest link; with `damaged` where what is on record of it cannot be used. */
  newest(): MonitorLink | undefined;
  /** The newest look: a hint, which is not there when it cannot be used. */
  lastLook(): LookFact | undefined;
  /** The newest refusal of a link: a hint, as well. */
  lastRefusal(): Refusal | undefined;
  /** @returns false when it existed already */
  create(generation: number, kind: MonitorFactKind, value: FactValue): boolean;
  /** Remove the facts of links long gone. */
  prune(): void;
}

export function openMonitorLedger(directory: string): MonitorLedger {
  const name = (generation: number, kind: string) => `${String(generation).padStart(6, '0')}.${kind}`;
  const generationsWith = (kind: MonitorFactKind): number[] =>
    namesIn(directory)
      .flatMap((file) => {
        const [, number, its] = /^([0-9]{6,15})\.(.+)\.json$/.exec(file) ?? [];
        return its === kind ? [Number(number)] : [];
      })
      .sort((a, b) => a - b);
  const read = <T>(generation: number, kind: MonitorFactKind, as: FactKind<T>) =>
    readFact(directory, name(generation, kind), as);

  return {
    newest() {
      const generation = generationsWith('intent').pop();
      if (generation === undefined) return undefined;
      const intent = read(generation, 'intent', MONITOR_FACTS.intent);
      const confirmed = read(generation, 'confirmed', MONITOR_FACTS.confirmed);
      const refused = read(generation, 'refused', MONITOR_FACTS.refused);
      const neverArrived = read(generation, 'never-arrived', MONITOR_FACTS['never-arrived']);
      const unwanted = read(generation, 'unwanted', MONITOR_FACTS.unwanted);
      const [damaged] = [intent, confirmed, refused, neverArrived, unwanted].filter(isUnusable);
      if (damaged) {
        const {startAt = 0} = wholeOf(intent) ?? {};
        return {generation, tag: '', startAt, deadline: 0, neverArrived: true, unwanted: false, damaged};
      }
      const asked = wholeOf(intent);
      if (!asked) return undefined; // pruned this moment
      const {tag, startAt, deadline, inPlaceOf} = asked;
      const taken = wholeOf(confirmed);
      return {
        generation,
        tag,
        startAt,
        deadline,
        inPlaceOf,
        ...(taken ? {job: taken.job, confirmedAt: taken.at} : {}),
        refused: wholeOf(refused),
        neverArrived: neverArrived.is === 'whole',
        unwanted: unwanted.is === 'whole',
      };
    },
    lastLook() {
      const generation = generationsWith('look').pop();
      const look = generation === undefined ? undefined : wholeOf(read(generation, 'look', MONITOR_FACTS.look));
      if (generation === undefined || !look) return undefined;
      return {...look, job: wholeOf(read(generation, 'confirmed', MONITOR_FACTS.confirmed))?.job};
    },
    lastRefusal() {
      const generation = generationsWith('refused').pop();
      return generation === undefined ? undefined : wholeOf(read(generation, 'refused', MONITOR_FACTS.refused));
    },
    create(generation, kind, value) {
      ensureSubdirectory(directory);
      return createFact(directory, name(generation, kind), value);
    },
    prune() {
      const newest = generationsWith('intent').pop() ?? 0;
      for (const file of namesIn(directory)) {
        const generation = Number.parseInt(file, 10);
        if (generation <= newest - KEPT_GENERATIONS) rmSync(join(directory, file), {force: true, recursive: true});
      }
    },
  };
}

function wholeOf<T>(read: FactRead<T>): T | undefined {
  return read.is === 'whole' ? read.value : undefined;
}

function isUnusable(read: FactRead<unknown>): read is UnusableFact {
  return read.is === 'damaged' || read.is === 'newer';
}
