import {connect} from 'node:net';
import {dirname} from 'node:path';
import * as z from 'zod/mini';
import type {Requirements} from './globus/auth/requirements.ts';
import type {LocalCollection} from './globus/orders.ts';
import type {LimitValues} from './globus/transfer/limits.ts';
import {isOthersDirectory} from './others-directory.ts';
import type {OutageTarget, OutageWish} from './outage-modes.ts';
import type {LocalOutage} from './outages.ts';
import {StandInError, servedToOthers, standInsDown} from './stand-in-error.ts';

/** What can be asked of the background process, apart from PBS commands. */
export type ControlRequest =
  | {readonly do: 'status'}
  | {readonly do: 'down'}
  | {readonly do: 'wipe'}
  | {readonly do: 'pause'; readonly collection: string; readonly message?: string}
  | {readonly do: 'resume'; readonly collection: string}
  | {readonly do: 'rate'; readonly bytesPerSecond: number | null}
  | {readonly do: 'outage'; readonly outage: OutageWish}
  | {readonly do: 'end-outage'; readonly targets: readonly OutageTarget[]}
  /** `collections` holds names or ids; an empty list means all */
  | {readonly do: 'expire'; readonly collections?: readonly string[]; readonly tokens: boolean}
  | {readonly do: 'renew'; readonly collections: readonly string[]}
  /** `code` is an event code of Globus; null clears the fault */
  | {readonly do: 'fault'; readonly collection: string; readonly path: string; readonly code: string | null}
  | {readonly do: 'add-collection'; readonly name: string; readonly directory: string}
  /** makes a guest collection of a directory of another one */
  | {readonly do: 'share-collection'; readonly host: string; readonly path: string; readonly name: string}
  /** `username` null: everybody; `permissions` null: none any more */
  | {
      readonly do: 'permit';
      readonly collection: string;
      readonly path: string;
      readonly username: string | null;
      readonly permissions: 'r' | 'rw' | null;
    }
  | {readonly do: 'remove-collection'; readonly collection: string}
  /** `wanted` null: nothing any more */
  | {readonly do: 'require'; readonly collection: string; readonly wanted: Omit<Requirements, 'since'> | null}
  | {readonly do: 'limit'; readonly limits: Partial<LimitValues>}
  /** a manager of its collections cancels a task */
  | {readonly do: 'cancel-task'; readonly task: string; readonly message: string}
  | {readonly do: 'forget-task'; readonly task: string}
  | {readonly do: 'add-identity'; readonly username: string; readonly linked: boolean};

export interface LocalStatus {
  readonly pid: number;
  readonly version: string;
  readonly url: string;
  readonly jobs: {
    readonly queued: number;
    readonly held: number;
    readonly waiting: number;
    readonly running: number;
    readonly finished: number;
  };
  readonly tasks: {
    readonly active: number;
    readonly queued: number;
    readonly inactive: number;
    readonly ended: number;
  };
  readonly collections: readonly LocalCollection[];
  readonly outages: readonly LocalOutage[];
  /** how long a day lasts here; 86400 where time is not hurried */
  readonly daySeconds: number;
  readonly limits: LimitValues;
  /** user names of those who can sign in */
  readonly identities: readonly string[];
  /** records that were met damaged while they run; none where it is absent */
  readonly damaged?:
    | readonly {readonly file: string; readonly why: string; readonly next: readonly string[]}[]
    | undefined;
}

export interface ControlAnswer {
  readonly status: LocalStatus;
  /** jobs deleted by a wipe */
  readonly wiped?: number;
}

/** The background process of one directory, and the version of stage that asks it. */
export interface Address {
  readonly socket: string;
  readonly version: string;
}

const TIMEOUT_MS = 20_000;

/**
 * How the background process is. This is the handshake, too: its answer says which version of stage it belongs to.
 *
 * @throws {StandInError} `down` when nothing answers, `other-version` when it is not the version that asks
 */
export async function askStatus({socket, version}: Address): Promise<LocalStatus> {
  const found = readStatus(await exchange(socket, {do: 'status'}, TIMEOUT_MS));
  if (found.version !== version) throw otherVersion(`${theirVersion(found)}, this command is of ${version}`);
  // Two builds of one version may differ: what was built before a change answers in another form.
  if (!isStatus(found.status))
    throw otherVersion(`${theirVersion(found)}, as this command is, but they answer in another form: another build`);
  return found.status;
}

function otherVersion(why: string): StandInError {
  return new StandInError('other-version', 'the stand-ins that run here are of another version of stage', {
    why,
    next: [
      'End them, and start those of this version: stage local down; stage local up',
      'Queued jobs and files stay.',
    ],
  });
}

const number = z.number();

/** What this version makes use of in a status. */
const STATUS = z.looseObject({
  pid: number,
  version: z.string(),
  url: z.string(),
  jobs: z.looseObject({queued: number, held: number, waiting: number, running: number, finished: number}),
  tasks: z.looseObject({active: number, queued: number, inactive: number, ended: number}),
  collections: z.array(z.looseObject({id: z.string(), name: z.string(), directory: z.string()})),
  outages: z.array(z.looseObject({since: z.string(), hits: number})),
  daySeconds: number,
  limits: z.looseObject({
    active: number,
    pending: number,
    requests: z.nullable(number),
    files: number,
    entries: number,
  }),
  identities: z.array(z.string()),
  damaged: z.optional(z.array(z.looseObject({file: z.string(), why: z.string(), next: z.array(z.string())}))),
});

function isStatus(found: unknown): found is LocalStatus {
  return STATUS.safeParse(found, {jitless: true}).success;
}

function theirVersion({version, pid}: StatusFound): string {
  const process = pid === undefined ? '' : ` (process ${pid})`;
  return version === undefined ? `they do not say of which${process}` : `they are of ${version}${process}`;
}

/** What a background process of any version answered to `status`. */
interface StatusFound {
  readonly version: string | undefined;
  readonly pid: number | undefined;
  /** as it was told; of whatever form */
  readonly status: unknown;
}

/** Pure. @throws {StandInError} `down` for an answer that broke off */
export function readStatus(text: string): StatusFound {
  if (!text.endsWith('\n')) throw standInsDown('the answer was cut short');
  const status = statusIn(text);
  return {
    version: typeof status?.version === 'string' ? status.version : undefined,
    pid: typeof status?.pid === 'number' ? status.pid : undefined,
    status,
  };
}

/** Other versions may answer anything; their text is looked into and not believed. */
function statusIn(text: string): {readonly version?: unknown; readonly pid?: unknown} | undefined {
  try {
    const document = JSON.parse(text) as {answer?: {status?: {version?: unknown}}} | null;
    return document?.answer?.status ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * Ask the background process to do something. Nothing is asked of one of another version.
 *
 * @throws {StandInError} `down` when it does not answer within the time; `wrong` when it says the request makes no sense
 */
export async function askStandIns(address: Address, request: ControlRequest): Promise<ControlAnswer> {
  const status = await askStatus(address);
  if (request.do === 'status') return {status};
  const text = await exchange(address.socket, request, TIMEOUT_MS);
  if (!text.endsWith('\n')) throw standInsDown('the answer was cut short');
  const answer = answerIn(text);
  if (answer.answer) {
    if (isStatus(answer.answer.status)) return answer.answer;
    throw otherVersion('they answer in another form than this version does');
  }
  if (answer.damaged) throw new StandInError('damaged', answer.damaged.what, answer.damaged);
  throw new StandInError('wrong', answer.wrong ?? 'the stand-ins did not understand the request', {
    next: [WHERE_TO_LOOK[request.do] ?? 'See what there is: stage local status'],
  });
}

/** What shows the things that a request can name, where it is not the status. */
const WHERE_TO_LOOK: Partial<Record<ControlRequest['do'], string>> = {
  'cancel-task': 'See the tasks there are, with their ids: STAGE_PROFILE=local stage transfer list',
  'forget-task': 'See the tasks there are, with their ids: STAGE_PROFILE=local stage transfer list',
};

/** What comes back for a request. */
export interface ControlOutcome {
  readonly answer?: ControlAnswer;
  readonly wrong?: string;
  readonly damaged?: Trouble;
}

/** Why a record of the stand-ins keeps them from something. */
export interface Trouble {
  readonly what: string;
  readonly why?: string | undefined;
  readonly next: readonly string[];
}

/** @throws {StandInError} `other-version` for what is no answer of this version */
function answerIn(text: string): ControlOutcome {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null) return answer; // its status is looked into by the caller
  } catch {
    // it is said below
  }
  throw otherVersion('they answer in another form than this version does');
}

/** Ask a background process of whatever version to end: every version knows this request. */
export async function askToEnd(socket: string, timeoutMs: number): Promise<void> {
  await exchange(socket, {do: 'down'}, timeoutMs);
}

/** Send one request, and collect what comes back until the other end closes. */
function exchange(socketPath: string, request: ControlRequest, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    if (isOthersDirectory(dirname(socketPath))) {
      reject(servedToOthers(dirname(socketPath)));
      return;
    }
    const socket = connect(socketPath);
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => socket.destroy(standInsDown(`no answer within ${timeoutMs / 1000} s`)));
    socket.on('connect', () => socket.write(`${JSON.stringify({kind: 'control', ...request})}\n`));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', (error) =>
      reject(
        error instanceof StandInError
          ? error
          : standInsDown(`${(error as NodeJS.ErrnoException).code ?? error.message} at ${socketPath}`),
      ),
    );
    socket.on('end', () => resolve(text));
  });
}
