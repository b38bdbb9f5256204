import {join} from 'node:path';
import {ensureDirectory} from '../ledger/directories.ts';
import {createFact, namesIn, readFact} from '../ledger/facts.ts';
import {isSameJob} from '../scheduler/same-job.ts';
import type {JobArray, JobId} from '../scheduler/scheduler.ts';

/** One try at submitting a named job, as it is on record. */
export interface NamedJob {
  readonly name: string;
  readonly number: number;
  readonly tag: string;
  /** until when whoever wrote the intent may still be at it */
  readonly deadline: number;
  /** of what was asked for: tells whether a repetition asks for the same */
  readonly essence: string;
  readonly array?: JobArray;
  /** confirmed: PBS has it */
  readonly job?: JobId;
  /** the jobs that its `depend=` named */
  readonly dependsOn: readonly JobId[];
  /** it was seen at PBS after qsub had answered */
  readonly kept: boolean;
  /** refused, or never arrived, or dropped by PBS for its dependencies: there is no such job */
  readonly givenUp: boolean;
}

/** Jobs submitted by `stage job submit`: facts in `jobs/` of the state directory, which docs/batch-scripts.md describes. */
export interface JobStore {
  readonly directory: string;
  newest(name: string): NamedJob | undefined;
  read(name: string, number: number): NamedJob | undefined;
  /** The named job that has this id, in whichever spelling; the newest one, since a new server counts from 0 again. */
  withId(job: JobId): NamedJob | undefined;
  /** @returns false when somebody created it before */
  create(
    name: string,
    number: number,
    kind: 'intent' | 'confirmed' | 'checked' | 'refused' | 'never-arrived',
    value: Readonly<Record<string, unknown>>,
  ): boolean;
  /**
   * Claim a job that PBS does not know before the job itself does, so that it cannot run any more.
   * @returns false when it has begun
   */
  takeClaim(job: NamedJob): boolean;
  /** How the script ended, by its marker; of an array, how each member did. Absent: no marker was left */
  exits(job: NamedJob, index?: number): number | undefined;
}

export function openJobStore(home: string): JobStore {
  const directory = join(home, 'jobs');
  const numbersOf = (name: string, files: readonly string[]): number[] =>
    files.flatMap((file) => {
      const match = /^([^.]+)\.(\d+)\.intent\.json$/.exec(file);
      return match?.[1] === name ? [Number(match[2])] : [];
    });

  function read(name: string, number: number): NamedJob | undefined {
    const fact = (kind: string) => readFact(directory, `${name}.${number}.${kind}`);
    // The casts stand because create() below, and nobody else, wrote these.
    const intent = fact('intent') as
      | (Pick<NamedJob, 'tag' | 'deadline' | 'essence' | 'array'> & {dependsOn?: readonly JobId[]})
      | undefined;
    const confirmed = fact('confirmed') as {job: JobId} | undefined;
    const checked = fact('checked') as {dropped: boolean} | undefined;
    if (!intent) return undefined;
    const {tag, deadline, essence, array} = intent;
    return {
      name,
      number,
      tag,
      deadline,
      essence,
      ...(array ? {array} : {}),
      ...(confirmed ? {job: confirmed.job} : {}),
      dependsOn: intent.dependsOn ?? [],
      kept: checked?.dropped === false,
      givenUp: fact('refused') !== undefined || fact('never-arrived') !== undefined || checked?.dropped === true,
    };
  }

  return {
    directory,
    read,
    newest(name) {
      const number = Math.max(0, ...numbersOf(name, namesIn(directory)));
      return number === 0 ? undefined : read(name, number);
    },
    withId(job) {
      const all = namesIn(directory).flatMap((file) => {
        const [, name = '', number] = /^([^.]+)\.(\d+)\.confirmed\.json$/.exec(file) ?? [];
        const fact = number && readFact(directory, `${name}.${number}.confirmed`);
        return fact && isSameJob(String(fact.job), job) ? [{name, number: Number(number), at: Number(fact.at)}] : [];
      });
      const newest = all.toSorted((a, b) => a.at - b.at || a.number - b.number).at(-1);
      return newest && read(newest.name, newest.number);
    },
    create(name, number, kind, value) {
      ensureDirectory(directory);
      return createFact(directory, `${name}.${number}.${kind}`, value);
    },
    takeClaim({name, number, array}) {
      // Each member claims for itself, and those of an array that PBS has never known cannot be counted on to come.
      if (array) return !namesIn(directory).some((file) => file.startsWith(`${name}.${number}.member-`));
      const claim = `${name}.${number}.claim`;
      return createFact(directory, claim, {dropped: true}) || readFact(directory, claim)?.dropped === true;
    },
    exits({name, number}, index) {
      const prefix = `${name}.${number}${index === undefined ? '' : `.member-${index}`}.end.`;
      const ends = namesIn(directory).flatMap((file) =>
        file.startsWith(prefix) && /^\d+\.json$/.test(file.slice(prefix.length))
          ? [Number.parseInt(file.slice(prefix.length), 10)]
          : [],
      );
      if (ends.length === 0) return undefined;
      const exit = readFact(directory, `${prefix}${Math.max(...ends)}`)?.exit;
      return typeof exit === 'number' ? exit : undefined;
    },
  };
}
