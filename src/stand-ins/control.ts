import {connect} from 'node:net';
import {EXIT, RequestWrong, StageError} from '../errors.ts';
import type {Requirements} from './globus/auth/requirements.ts';
import type {LocalCollection} from './globus/globus-stand-in.ts';
import type {LimitValues} from './globus/transfer/limits.ts';
import type {OutageTarget, OutageWish} from './outage-modes.ts';
import type {LocalOutage} from './outages.ts';

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
  | {readonly do: 'remove-collection'; readonly collection: string}
  /** `wanted` null: nothing any more */
  | {readonly do: 'require'; readonly collection: string; readonly wanted: Omit<Requirements, 'since'> | null}
  | {readonly do: 'limit'; readonly limits: Partial<LimitValues>}
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
}

export interface ControlAnswer {
  readonly status: LocalStatus;
  /** jobs deleted by a wipe */
  readonly wiped?: number;
}

/** The background process of the stand-ins does not run, or does not answer. */
export class StandInsDown extends StageError {
  constructor(why: string) {
    super({
      code: 'STAND_INS_DOWN',
      exit: EXIT.unreachable,
      what: 'the local stand-ins do not answer',
      why,
      next: ['Start them: stage local up'],
    });
  }
}

/**
 * Ask the background process something.
 *
 * @throws {StandInsDown} when it does not answer within the time; {RequestWrong} when it says the request makes no sense
 */
export function askStandIns(socketPath: string, request: ControlRequest, timeoutMs = 20_000): Promise<ControlAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => socket.destroy(new StandInsDown(`no answer within ${timeoutMs / 1000} s`)));
    socket.on('connect', () => socket.write(`${JSON.stringify({kind: 'control', ...request})}\n`));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', (error) =>
      reject(
        error instanceof StageError
          ? error
          : new StandInsDown(`${(error as NodeJS.ErrnoException).code ?? error.message} at ${socketPath}`),
      ),
    );
    socket.on('end', () => {
      try {
        // Both ends are this program.
        const answer = JSON.parse(text) as {wrong?: string; answer?: ControlAnswer};
        if (answer.answer) resolve(answer.answer);
        else
          reject(
            new RequestWrong(answer.wrong ?? 'the stand-ins did not understand the request', {
              next: ['See what there is: stage local status'],
            }),
          );
      } catch {
        reject(new StandInsDown('the answer was cut short'));
      }
    });
  });
}
