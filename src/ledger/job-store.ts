import {join} from 'node:path';
import type {JobArray} from '../base/job-array.ts';
import {isSameJob, type JobId, numberOf, readJobId} from '../base/job-id.ts';
import {NAME} from '../base/names.ts';
import {ensureDirectory} from '../disk/directories.ts';
import {createFact, type FactValue, isThere, namesIn} from '../disk/facts.ts';
import {type FactKind, readFact} from '../disk/read-fact.ts';
import {LedgerDamaged} from './damage.ts';
import {JOB_FACTS} from './fact-schemas/single-job-facts.ts';

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
  /** what is on record besides its id cannot be used: as `withIds` gives it */
  readonly damaged?: LedgerDamaged | undefined;
}

export type JobFactKind = 'environment' | 'intent' | 'confirmed' | 'checked' | 'refused' | 'never-arrived';

/**
 * Jobs submitted by `stage job submit`: facts in `jobs/` of the state directory (docs/batch-scripts.md, "What is on
 * record"). What is asked about one job costs the same however many there are: each name has a directory of its own,
 * and ids are found by an index.
 */
export interface JobStore {
  readonly directory: string;
  /** @throws {LedgerDamaged} when what is on record of it cannot be used */
  newest(name: string): NamedJob | undefined;
  /** The number of the newest try; 0 when there is none. By names of files alone: what they hold may be damaged. */
  newestNumber(name: string): number;
  /** @throws {LedgerDamaged} when what is on record of it cannot be used */
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
  /** How the script ended, by its marker, or why that cannot be told. Absent: no marker was left */
  exits(job: NamedJob): MarkedExit | undefined;
  /** It found another script than was recorded, or that member of it did: so says its marker, by its name alone. */
  foundAltered(job: NamedJob, index?: number): boolean;
  /** The same as `exits` of an array, by index. */
  memberExits(job: NamedJob): ReadonlyMap<number, MarkedExit>;
}

/** An exit status, or the damage of the marker that would tell it. */
export type MarkedExit = number | LedgerDamaged;

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
    return !isThere(own, intent) && isThere(directory, intent) ? directory : own;
  }

  /** @throws {LedgerDamaged} */
  function required<T>(place: string, name: string, number: number, what: string, kind: FactKind<T>): T | undefined {
    const found = readFact(place, `${name}.${number}.${what}`, kind);
    if (found.is === 'whole') return found.value;
    if (found.is !== 'absent') throw new LedgerDamaged(found, wayOutOf(name));
    return undefined;
  }

  const numbersIn = (place: string, name: string): number[] =>
    namesIn(place).flatMap((file) => {
      const match = /^([^.]+)\.(\d+)\.intent\.json$/.exec(file);
      return match?.[1] === name ? [Number(match[2])] : [];
    });

  function read(name: string, number: number): NamedJob | undefined {
    const place = placeOf(name, number);
    const fact = <K extends JobFactKind>(kind: K, as: FactKind<(typeof JOB_FACTS)[K]['schema']['_zod']['output']>) =>
      required(place, name, number, kind, as);
    const intent = fact('intent', JOB_FACTS.intent);
    const confirmed = fact('confirmed', JOB_FACTS.confirmed);
    const checked = fact('checked', JOB_FACTS.checked);
    const refused = fact('refused', JOB_FACTS.refused) !== undefined;
    const neverArrived = fact('never-arrived', JOB_FACTS['never-arrived']) !== undefined;
    if (!intent) return undefined;
    const {tag, deadline, essence: fingerprint, array, dependsOn = []} = intent;
    return {
      name,
      number,
      tag,
      deadline,
      fingerprint,
      array,
      job: confirmed?.job,
      begun: confirmed ? undefined : begunIn(place, name, number, array !== undefined),
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

  /** @param id what the name of a file of the index says of the job; undefined for a file that is the confirmation itself */
  function confirmedIn(place: string, file: string, [id, name, number]: readonly (string | undefined)[]): Confirmed[] {
    if (!name || !number) return [];
    const hint = readFact(place, file.slice(0, -'.json'.length), JOB_FACTS.index);
    // An index can be done without: its name, and the record itself, say the same.
    const own =
      hint.is === 'whole' ? hint : readFact(directoryOf(name), `${name}.${number}.confirmed`, JOB_FACTS.confirmed);
    if (own.is === 'whole') return [{job: own.value.job, name, number: Number(number), at: own.value.at}];
    return id === undefined ? [] : [{job: id, name, number: Number(number), at: 0}];
  }

  /** What an earlier version of stage left: it kept no index. */
  const unindexed = (): Confirmed[] =>
    namesIn(directory).flatMap((file) => {
      const [, name, number] = /^([^.]+)\.(\d+)\.confirmed\.json$/.exec(file) ?? [];
      return confirmedIn(directory, file, [undefined, name, number]);
    });

  function indexed(job: JobId): Confirmed[] {
    const place = bucketOf(job);
    return namesIn(place).flatMap((file) => {
      const [, id, name, number] = /^([^.]+)\.([^.]+)\.(\d+)\.json$/.exec(file) ?? [];
      return id === numberOf(job) ? confirmedIn(place, file, [id, name, number]) : [];
    });
  }

  /** Exit codes by the newest end markers, of `NAME.NUMBER` and `NAME.NUMBER.member-INDEX`, as far as they are wanted. */
  function exitsOf({name, number}: NamedJob, isWanted: (of: string) => boolean): ReadonlyMap<string, MarkedExit> {
    const place = placeOf(name, number);
    const newest = new Map<string, number>();
    for (const file of namesIn(place)) {
      const [, of = '', end] = /^(.+)\.end\.(\d+)\.json$/.exec(file) ?? [];
      if (end !== undefined && isWanted(of)) newest.set(of, Math.max(Number(end), newest.get(of) ?? 0));
    }
    return new Map(
      [...newest].flatMap(([of, end]) => {
        const read = readFact(place, `${of}.end.${end}`, JOB_FACTS.end);
        if (read.is === 'absent') return [];
        return [[of, read.is === 'whole' ? read.value.exit : new LedgerDamaged(read, {moved: PBS_DECIDES})] as const];
      }),
    );
  }

  function newestNumber(name: string): number {
    if (!isJobStoreName(name)) return 0;
    return Math.max(0, ...numbersIn(directoryOf(name), name), ...numbersIn(directory, name));
  }

  /** The job is known by its id, whatever has become of the rest. */
  function readOrDamaged(name: string, number: number, job: JobId): NamedJob | undefined {
    try {
      return read(name, number);
    } catch (damaged) {
      if (!(damaged instanceof LedgerDamaged)) throw damaged;
      const nothing = {tag: '', deadline: 0, fingerprint: '', dependsOn: [], kept: false};
      return {name, number, job, ...nothing, refused: false, neverArrived: false, givenUp: false, damaged};
    }
  }

  return {
    directory,
    read,
    newest(name) {
      const number = newestNumber(name);
      return number === 0 ? undefined : read(name, number);
    },
    newestNumber,
    withIds(jobs) {
      const earlier = unindexed();
      return new Map(
        jobs.flatMap((job) => {
          const same = [...indexed(job), ...earlier].filter((one) => isSameJob(one.job, job));
          const newest = same.toSorted((a, b) => a.at - b.at || a.number - b.number).at(-1);
          const found = newest && readOrDamaged(newest.name, newest.number, job);
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
      return required(placeOf(name, number), name, number, 'environment', JOB_FACTS.environment)?.variables;
    },
    index(name, number, value) {
      const place = bucketOf(value.job);
      ensureDirectory(place);
      createFact(place, `${numberOf(value.job)}.${name}.${number}`, value);
    },
    takeClaim(name, number) {
      const place = placeOf(name, number);
      const claim = `${name}.${number}.claim`;
      if (begunIn(place, name, number, true)) return false;
      const taken =
        createFact(place, claim, {dropped: true}) ||
        required(place, name, number, 'claim', JOB_FACTS.claim)?.dropped === true;
      // Members of an array claim for themselves, and look for this claim afterwards: one of both sees the other.
      return taken && begunIn(place, name, number, true) === undefined;
    },
    exits(job) {
      const whole = `${job.name}.${job.number}`;
      return exitsOf(job, (of) => of === whole).get(whole);
    },
    foundAltered({name, number}, index) {
      const of = `${name}.${number}${index === undefined ? '' : `.member-${index}`}`;
      return isThere(placeOf(name, number), `${of}.altered`);
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

const PBS_DECIDES = 'what PBS says of the job decides, as long as it remembers it';

function wayOutOf(name: string) {
  return {giveUp: `submit the job anew: stage job submit --name ${name} --again …`};
}

/**
 * The job that has claimed a try, by its own word. Of an array, a member's id with empty brackets is the array's.
 *
 * @throws {LedgerDamaged} when a job has, and it cannot be told which
 */
function begunIn(place: string, name: string, number: number, array: boolean): JobId | undefined {
  const prefix = `${name}.${number}`;
  const claimed = (claim: string): JobId | undefined => {
    const read = readFact(place, claim, JOB_FACTS.claim);
    if (read.is === 'damaged' || read.is === 'newer') throw new LedgerDamaged(read, wayOutOf(name));
    // "none" stands in one that ran outside of PBS.
    return read.is === 'whole' && read.value.job !== undefined ? readJobId(read.value.job) : undefined;
  };
  const own = claimed(`${prefix}.claim`);
  if (own || !array) return own;
  const member = namesIn(place).find((file) => file.startsWith(`${prefix}.member-`) && file.endsWith('.claim.json'));
  const id = member === undefined ? undefined : claimed(member.slice(0, -'.json'.length));
  return id && readJobId(id.replace(/\[\d+\]/, '[]'));
}
