import {rmSync} from 'node:fs';
import {join} from 'node:path';
import type {JobId} from '../base/job-id.ts';
import {ensureSubdirectory} from '../disk/directories.ts';
import {createFact, type FactValue, namesIn, readFact} from '../disk/facts.ts';
import type {MonitorLink} from './monitor-link.ts';
import type {Refusal} from './run-facts.ts';

/** What a look saw of the tasks, for the next one's estimates. */
export interface LookFact {
  readonly at: number;
  readonly tasks: Readonly<Record<string, {readonly subtasksPending: number}>>;
  /** when this look wanted the next one; absent when nothing was left */
  readonly nextAt?: number;
}

export type MonitorFactKind = 'intent' | 'confirmed' | 'refused' | 'never-arrived' | 'unwanted' | 'look';

/** Links kept for people to read; older ones are removed by the newest. */
const KEPT_GENERATIONS = 20;

export interface MonitorLedger {
  /** The newest link. */
  newest(): MonitorLink | undefined;
  /** The newest look. */
  lastLook(): LookFact | undefined;
  /** @returns false when it existed already */
  create(generation: number, kind: MonitorFactKind, value: FactValue): boolean;
  /** Remove the facts of links long gone. */
  prune(): void;
}

export function openMonitorLedger(directory: string): MonitorLedger {
  const name = (generation: number, kind: string) => `${String(generation).padStart(6, '0')}.${kind}`;
  const generationsWith = (kind: MonitorFactKind): number[] =>
    namesIn(directory)
      .filter((file) => file.endsWith(`.${kind}.json`) && !file.startsWith('.'))
      .map((file) => Number.parseInt(file, 10))
      .sort((a, b) => a - b);

  return {
    newest() {
      const generation = generationsWith('intent').pop();
      if (generation === undefined) return undefined;
      // The casts stand because only create() below writes these.
      const intent = readFact(directory, name(generation, 'intent')) as
        | {tag: string; startAt: number; deadline: number}
        | undefined;
      const confirmed = readFact(directory, name(generation, 'confirmed')) as {job: JobId; at: number} | undefined;
      const refused = readFact(directory, name(generation, 'refused')) as Refusal | undefined;
      if (!intent) return undefined;
      return {
        generation,
        tag: intent.tag,
        startAt: intent.startAt,
        deadline: intent.deadline,
        ...(confirmed ? {job: confirmed.job, confirmedAt: confirmed.at} : {}),
        refused: refused || undefined,
        neverArrived: readFact(directory, name(generation, 'never-arrived')) !== undefined,
        unwanted: readFact(directory, name(generation, 'unwanted')) !== undefined,
      };
    },
    lastLook() {
      const generation = generationsWith('look').pop();
      return generation === undefined
        ? undefined
        : (readFact(directory, name(generation, 'look')) as LookFact | undefined);
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
