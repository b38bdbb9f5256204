import {join} from 'node:path';
import type {JobArray} from '../base/job-array.ts';
import type {JobId} from '../base/job-id.ts';
import {isSameJob, numberOf} from '../base/job-id.ts';
import {ensureDirectory} from '../disk/directories.ts';
import {createFact, namesIn, readFact} from '../disk/facts.ts';

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
  /** The named jobs that have these ids, in whichever spelling; the newest of each, since a new server counts from 0 again. */
  withIds(jobs: readonly JobId[]): ReadonlyMap<JobId, NamedJob>;
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
  /** How the script ended, by its marker. Absent: no marker was left */
  exits(job: NamedJob): number | undefined;
  /** The same of an array, by index. */
  memberExits(job: NamedJob): ReadonlyMap<number, number>;
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

  interface Confirmed {
    readonly id: string;
    readonly name: string;
    readonly number: number;
    readonly at: number;
  }

  /** All that PBS took, by the number in its id: of thousands, none is held against all others. */
  function confirmedByNumber(): ReadonlyMap<string | undefined, readonly Confirmed[]> {
    const found = new Map<string | undefined, Confirmed[]>();
    for (const file of namesIn(directory)) {
      const [, name = '', number] = /^([^.]+)\.(\d+)\.confirmed\.json$/.exec(file) ?? [];
      const fact = number && readFact(directory, `${name}.${number}.confirmed`);
      if (!fact) continue;
      const one = {id: String(fact.job), name, number: Number(number), at: Number(fact.at)};
      found.set(numberOf(one.id), [...(found.get(numberOf(one.id)) ?? []), one]);
    }
    return found;
  }

  /** Exit codes by the newest end markers, of `NAME.NUMBER` and `NAME.NUMBER.member-INDEX`, as far as they are wanted. */
  function exitsOf(isWanted: (of: string) => boolean): ReadonlyMap<string, number> {
    const newest = new Map<string, number>();
    for (const file of namesIn(directory)) {
      const [, of = '', end] = /^(.+)\.end\.(\d+)\.json$/.exec(file) ?? [];
      if (end !== undefined && isWanted(of)) newest.set(of, Math.max(Number(end), newest.get(of) ?? 0));
    }
    return new Map(
      [...newest].flatMap(([of, end]) => {
        const exit = readFact(directory, `${of}.end.${end}`)?.exit;
        return typeof exit === 'number' ? [[of, exit] as const] : [];
      }),
    );
  }

  return {
    directory,
    read,
    newest(name) {
      const number = Math.max(0, ...numbersOf(name, namesIn(directory)));
      return number === 0 ? undefined : read(name, number);
    },
    withIds(jobs) {
      const confirmed = confirmedByNumber();
      return new Map(
        jobs.flatMap((job) => {
          const same = (confirmed.get(numberOf(job)) ?? []).filter(({id}) => isSameJob(id, job));
          const newest = same.toSorted((a, b) => a.at - b.at || a.number - b.number).at(-1);
          const found = newest && read(newest.name, newest.number);
          return found ? [[job, found] as const] : [];
        }),
      );
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
    exits({name, number}) {
      const whole = `${name}.${number}`;
      return exitsOf((of) => of === whole).get(whole);
    },
    memberExits({name, number}) {
      const member = `${name}.${number}.member-`;
      const exits = exitsOf((of) => of.startsWith(member));
      return new Map([...exits].map(([of, exit]) => [Number(of.slice(member.length)), exit]));
    },
  };
}
