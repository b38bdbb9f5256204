import * as z from 'zod/mini';
import {type JobId, readJobId} from '../../base/job-id.ts';
import {namesIn} from '../../disk/facts.ts';
import type {FactKind} from '../../disk/read-fact.ts';
import type {SubmissionRecord} from '../../submission/resolution.ts';
import type {WayRecord} from '../record/way-record.ts';

const text = z.string();
const count = z.number().check(z.nonnegative());
const job = z.custom<JobId>((value) => typeof value === 'string' && value !== '');
const told = z.union([text, z.number()]);

const INTENT: FactKind<{readonly tag: string; readonly deadline: number}> = {
  what: 'the intent to submit a copy job',
  schema: z.looseObject({tag: text, deadline: z.number()}),
};
const CONFIRMED: FactKind<{readonly job: JobId}> = {what: 'the id of a copy job', schema: z.looseObject({job})};
const REFUSED: FactKind<{readonly at: number; readonly why: string; readonly retry: boolean}> = {
  what: 'a refusal of a copy job',
  schema: z.looseObject({at: z.number(), why: text, retry: z.boolean()}),
};
const PRESENT: FactKind<{readonly at: string | number}> = {
  what: 'a marker of a copy job',
  schema: z.looseObject({at: told}),
};
/** `givenUp`: by a look, so that no job runs under this claim any more. */
const START: FactKind<{readonly job?: string | undefined; readonly givenUp?: boolean | undefined}> = {
  what: 'the start of a copy job',
  schema: z.looseObject({job: z.optional(text), givenUp: z.optional(z.boolean())}),
};
const PLAN: FactKind<{readonly bytes: number; readonly files: number}> = {
  what: 'how much a copy job is to move',
  schema: z.looseObject({bytes: count, files: count}),
};
const END: FactKind<CopyEnd> = {
  what: 'the end of a copy job',
  schema: z.looseObject({code: text, why: text, bytes: count, files: count, faults: count, at: text}),
};

/** How a copy job ended. */
export interface CopyEnd {
  /** empty: all has arrived */
  readonly code: string;
  readonly why: string;
  readonly bytes: number;
  readonly files: number;
  readonly faults: number;
  readonly at: string;
}

/** One job of a copy, as it is on record. */
export interface CopyJobRecord extends SubmissionRecord {
  readonly number: number;
  readonly refused?: {readonly at: number; readonly why: string; readonly retry: boolean} | undefined;
  readonly start?: {readonly job?: string | undefined; readonly givenUp?: boolean | undefined} | undefined;
  readonly plan?: {readonly bytes: number; readonly files: number} | undefined;
  readonly end?: CopyEnd | undefined;
  /** since when PBS does not show it, without an end on record */
  readonly absentSince?: number | undefined;
  /** PBS lost it, or it ended without an end on record: another goes on */
  readonly lost: boolean;
}

export function claimOf(number: number): string {
  return `job-${number}`;
}

/** All jobs of a copy, oldest first. */
export function readCopyJobs(record: WayRecord): CopyJobRecord[] {
  return namesIn(record.directory)
    .flatMap((name) => {
      const [, number] = /^job-(\d+)\.intent\.json$/.exec(name) ?? [];
      return number === undefined ? [] : [Number(number)];
    })
    .sort((one, other) => one - other)
    .map((number) => readCopyJob(record, number));
}

function readCopyJob(record: WayRecord, number: number): CopyJobRecord {
  const read = <T>(name: string, kind: FactKind<T>) => record.read(`${claimOf(number)}.${name}`, kind);
  const intent = read('intent', INTENT);
  const start = read('start', START);
  const absent = read('absent', PRESENT)?.at;
  return {
    number,
    tag: intent?.tag ?? '',
    deadline: intent?.deadline ?? 0,
    job: read('confirmed', CONFIRMED)?.job,
    begun: start?.job === undefined || start.givenUp ? undefined : readJobId(start.job),
    refused: read('refused', REFUSED),
    neverArrived: read('never-arrived', PRESENT) !== undefined,
    start,
    plan: read('plan', PLAN),
    end: read('end', END),
    absentSince: typeof absent === 'number' ? absent : undefined,
    lost: read('lost', PRESENT) !== undefined,
  };
}
