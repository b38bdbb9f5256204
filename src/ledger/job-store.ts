import {join} from 'node:path';
import type {JobArray} from '../base/job-array.ts';
import {isSameJob, type JobId, numberOf, readJobId} from '../base/job-id.ts';
import {NAME} from '../base/names.ts';
import {ensureDirectory} from '../disk/directories.ts';
import {createFact, type FactValue, namesIn, readFact} from '../disk/facts.ts';

/** One try at submitting a named job, as it is on record. */
export interface NamedJob {
  readonly name: string;
  readonly number: number;
  readonly tag: string;
  /** until when the process that wrote the intent may still be at it */
  readonly deadline: number;
  /** of the request: tells whether a repetition asks for the same job. Files call it `essence`, as version 0.1 did */
  readonly fingerprint: string;
  readonly array?: JobArray | undefined;
  /** confirmed: PBS has it */
  readonly job?: JobId | undefined;
  /** the job that says itself that it has begun */
  readonly begun?: JobId | undefined;
  /** the jobs that its `depend=` named */
  readonly dependsOn: readonly JobId[];
  /** it was seen at PBS after qsub had answered */
  readonly kept: boolean;
  readonly refused: boolean;
  /** asked PBS for the tag after the deadline, and it knew no such job */
  readonly neverArrived: boolean;
  /** refused, or never arrived, or dropped by PBS for its dependencies: there is no such job */
  readonly givenUp: boolean;
}

export type JobFactKind = 'environment' | 'intent' | 'confirmed' | 'checked' | 'refused' | 'never-arrived';

/**
 * Jobs submitted by `stage job submit`: facts in `jobs/` of the state directory (docs/batch-scripts.md, "What is on
 * record"). What is asked about one job costs the same however many there are: each name has a directory of its own,
 * and ids are found by an index.
 */
export interface JobStore {
  readonly directory: string;
  newest(name: string): NamedJob | undefined;
  read(name: string, number: number): NamedJob | undefined;
  /** The named jobs that have these ids, in whichever spelling; the newest of each, since a new server counts from 0 again. */
  withIds(jobs: readonly JobId[]): ReadonlyMap<JobId, NamedJob>;
  /** What the names of a try's files begin with, in a directory that is there. */
  prefix(name: string, number: number): string;
  /** What a try's job is to have of the person's environment, as it was kept. */
  environment(name: string, number: number): Readonly<Record<string, string>> | undefined;
  /** @returns false when it existed already */
  create(name: string, number: number, kind: JobFactKind, value: FactValue): boolean;
  /** Let a job be found by its id. To be called before that is confirmed: what is confirmed is found. Safe to repeat. */
  index(name: string, number: number, value: {readonly at: number; readonly job: JobId}): void;
  /**
   * Claim a try that PBS does not know before a job of it does, so that none can run its script any more.
   * @returns false when one has begun
   */
  takeClaim(name: string, number: number): boolean;
  /** How the script ended, by its marker. Absent: no marker was left */
  exits(job: NamedJob): number | undefined;
  /** The same of an array, by index. */
  memberExits(job: NamedJob): ReadonlyMap<number, number>;
}

/** What can be the name of a job: of its directory, too. */
export function isJobStoreName(text: string): boolean {
  return NAME.test(text);
}

export function openJobStore(home: string): JobStore {
  const directory = join(home, 'jobs');
  const directoryOf = (name: string) => join(directory, 'by-name', name);
  const bucketOf = (id: string) =>
    join(directory, 'by-id', `${Math.floor(Number.parseInt(id, 10) / IDS_A_DIRECTORY)}xx`);

  /** Where the files of a try are. Those of an earlier version of stage lie in `jobs/` itself. */
  function placeOf(name: string, number: number): string {
    const own = directoryOf(name);
    const intent = `${name}.${number}.intent`;
    return !readFact(own, intent) && readFact(directory, intent) ? directory : own;
  }

  const numbersIn = (place: string, name: string): number[] =>
    namesIn(place).flatMap((file) => {
      const match = /^([^.]+)\.(\d+)\.intent\.json$/.exec(file);
      return match?.[1] === name ? [Number(match[2])] : [];
    });

  function read(name: string, number: number): NamedJob | undefined {
    const place = placeOf(name, number);
    const fact = (kind: string) => readFact(place, `${name}.${number}.${kind}`);
    // The casts stand because only create() below writes these.
    const intent = fact('intent') as
      | (Pick<NamedJob, 'tag' | 'deadline' | 'array'> & {essence: string; dependsOn?: readonly JobId[]})
      | undefined;
    const confirmed = fact('confirmed') as {job: JobId} | undefined;
    const checked = fact('checked') as {dropped: boolean} | undefined;
    if (!intent) return undefined;
    const {tag, deadline, essence: fingerprint, array, dependsOn = []} = intent;
    const [refused, neverArrived] = [fact('refused') !== undefined, fact('never-arrived') !== undefined];
    return {
      name,
      number,
      tag,
      deadline,
      fingerprint,
      array,
      job: confirmed?.job,
      begun: confirmed ? undefined : begunIn(place, `${name}.${number}`, array !== undefined),
      dependsOn,
      kept: checked?.dropped === false,
      refused,
      neverArrived,
      givenUp: refused || neverArrived || checked?.dropped === true,
    };
  }

  interface Confirmed {
    readonly job: string;
    readonly name: string;
    readonly number: number;
    readonly at: number;
  }

  function confirmedIn(place: string, file: string, [name, number]: readonly [string?, string?]): Confirmed[] {
    const fact = name && number && readFact(place, file.slice(0, -'.json'.length));
    return fact ? [{job: String(fact.job), name, number: Number(number), at: Number(fact.at)}] : [];
  }

  /** What an earlier version of stage left: it kept no index. */
  const unindexed = (): Confirmed[] =>
    namesIn(directory).flatMap((file) => {
      const [, name, number] = /^([^.]+)\.(\d+)\.confirmed\.json$/.exec(file) ?? [];
      return confirmedIn(directory, file, [name, number]);
    });

  function indexed(job: JobId): Confirmed[] {
    const place = bucketOf(job);
    return namesIn(place).flatMap((file) => {
      const [, id, name, number] = /^([^.]+)\.([^.]+)\.(\d+)\.json$/.exec(file) ?? [];
      return id === numberOf(job) ? confirmedIn(place, file, [name, number]) : [];
    });
  }

  /** Exit codes by the newest end markers, of `NAME.NUMBER` and `NAME.NUMBER.member-INDEX`, as far as they are wanted. */
  function exitsOf({name, number}: NamedJob, isWanted: (of: string) => boolean): ReadonlyMap<string, number> {
    const place = placeOf(name, number);
    const newest = new Map<string, number>();
    for (const file of namesIn(place)) {
      const [, of = '', end] = /^(.+)\.end\.(\d+)\.json$/.exec(file) ?? [];
      if (end !== undefined && isWanted(of)) newest.set(of, Math.max(Number(end), newest.get(of) ?? 0));
    }
    return new Map(
      [...newest].flatMap(([of, end]) => {
        const exit = readFact(place, `${of}.end.${end}`)?.exit;
        return typeof exit === 'number' ? [[of, exit] as const] : [];
      }),
    );
  }

  return {
    directory,
    read,
    newest(name) {
      if (!isJobStoreName(name)) return undefined;
      const number = Math.max(0, ...numbersIn(directoryOf(name), name), ...numbersIn(directory, name));
      return number === 0 ? undefined : read(name, number);
    },
    withIds(jobs) {
      const earlier = unindexed();
      return new Map(
        jobs.flatMap((job) => {
          const same = [...indexed(job), ...earlier].filter((one) => isSameJob(one.job, job));
          const newest = same.toSorted((a, b) => a.at - b.at || a.number - b.number).at(-1);
          const found = newest && read(newest.name, newest.number);
          return found?.job ? [[job, found] as const] : [];
        }),
      );
    },
    prefix(name, number) {
      const place = placeOf(name, number);
      ensureDirectory(place);
      return join(place, `${name}.${number}`);
    },
    create(name, number, kind, value) {
      const place = placeOf(name, number);
      ensureDirectory(place);
      return createFact(place, `${name}.${number}.${kind}`, value);
    },
    environment(name, number) {
      const kept = readFact(placeOf(name, number), `${name}.${number}.environment`);
      return kept?.variables as Readonly<Record<string, string>> | undefined; // as create() wrote it
    },
    index(name, number, value) {
      const place = bucketOf(value.job);
      ensureDirectory(place);
      createFact(place, `${numberOf(value.job)}.${name}.${number}`, value);
    },
    takeClaim(name, number) {
      const place = placeOf(name, number);
      const claim = `${name}.${number}.claim`;
      if (begunIn(place, `${name}.${number}`, true)) return false;
      const taken = createFact(place, claim, {dropped: true}) || readFact(place, claim)?.dropped === true;
      // Members of an array claim for themselves, and look for this claim afterwards: one of both sees the other.
      return taken && begunIn(place, `${name}.${number}`, true) === undefined;
    },
    exits(job) {
      const whole = `${job.name}.${job.number}`;
      return exitsOf(job, (of) => of === whole).get(whole);
    },
    memberExits(job) {
      const member = `${job.name}.${job.number}.member-`;
      const exits = exitsOf(job, (of) => of.startsWith(member));
      return new Map([...exits].map(([of, exit]) => [Number(of.slice(member.length)), exit]));
    },
  };
}

/** PBS counts its jobs upwards: so many of them share a directory of the index, which is read whole. */
const IDS_A_DIRECTORY = 100;

/** The job that has claimed a try, by its own word. Of an array, a member's id with empty brackets is the array's. */
function begunIn(place: string, prefix: string, array: boolean): JobId | undefined {
  const own = jobInMarker(readFact(place, `${prefix}.claim`));
  if (own || !array) return own;
  const member = namesIn(place).find((file) => file.startsWith(`${prefix}.member-`) && file.endsWith('.claim.json'));
  const id = member === undefined ? undefined : jobInMarker(readFact(place, member.slice(0, -'.json'.length)));
  return id && readJobId(id.replace(/\[\d+\]/, '[]'));
}

/** Markers come from a shell script; "none" stands in one that ran outside of PBS. */
function jobInMarker(marker: FactValue | undefined): JobId | undefined {
  return typeof marker?.job === 'string' ? readJobId(marker.job) : undefined;
}
