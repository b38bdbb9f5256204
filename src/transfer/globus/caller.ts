import pRetry from 'p-retry';
import {type HttpQuestion, httpFetch} from '../../auth/http-fetch.ts';
import type {TokenSource} from '../../auth/token-source.ts';
import {parseJson} from '../../base/json.ts';
import {sleep} from '../../base/time.ts';
import {TransferUnreachable} from '../../globus-errors.ts';
import type {SignInWay} from './advise-sign-in.ts';
import {type Answer, type Explained, explainGlobus, mayPass} from './explain.ts';
import {createPace, type Pace} from './pace.ts';

/** What the methods of `@globus/sdk` take as their last two arguments. */
export interface CallOptions {
  readonly headers: {readonly Authorization: string};
}
export interface SdkOptions {
  readonly environment: 'production';
  readonly fetch: {readonly options: {readonly signal: AbortSignal; readonly __callable: typeof fetch}};
}

/** One service method, waiting for its headers and options. */
export type Send = (options: CallOptions, sdk: SdkOptions) => Promise<Response>;

export interface Outcome {
  /** the body of a success */
  readonly body: unknown;
}

export interface CallerSettings {
  readonly tokens: TokenSource;
  /** `https://transfer.api.globus.org/`; may have a path, and need not be https */
  readonly transferUrl: string;
  /** how a person signs in; by `stage login` when not given */
  readonly signIn?: SignInWay;
  /** shared by all that a process asks of this service; one of its own when not given */
  readonly pace?: Pace;
  /** for one try, headers and body; 30 s when not given */
  readonly fetchTimeoutMs?: number;
  /** pause before the second try, doubled for each further one, with some chance in it; 500 ms when not given */
  readonly backoffMs?: number;
  /** the longest `Retry-After` that is waited for; 60 s when not given */
  readonly longestWaitMs?: number;
}

/** Ask, and read the answer's body. @throws {TransferUnreachable} {TransferRefused} {SignInNeeded} */
export type Caller = (asked: string, send: Send) => Promise<unknown>;

const RETRIES = 3;

/**
 * What `@globus/sdk` 6.2 does not do: time out, try again, throw on errors. Every method of ours may be repeated,
 * the submission of a transfer too, since its submission id makes two of them one task.
 */
export function createCaller(settings: CallerSettings): Caller {
  const timeoutMs = settings.fetchTimeoutMs ?? 30_000;
  const longestWaitMs = settings.longestWaitMs ?? 60_000;
  const pace = settings.pace ?? createPace();

  return async (asked, send) => {
    const tryOnce = async (): Promise<unknown> => {
      const token = await settings.tokens.token();
      const first = await exchange(asked, send, token);
      if (isGood(first)) return first.body;
      const answer = first.status === 401 ? await exchange(asked, send, await settings.tokens.renew(token)) : first;
      if (isGood(answer)) return answer.body;
      throw new Stumble(explainGlobus(asked, answer, settings.signIn), mayPass(answer), waitFor(answer.retryAfter));
    };
    return await pRetry(tryOnce, {
      retries: RETRIES,
      minTimeout: settings.backoffMs ?? 500,
      randomize: true,
      shouldRetry: ({error}) => error instanceof Stumble && error.mayPass && error.waitMs <= longestWaitMs,
      onFailedAttempt: async ({error, retriesLeft}) => {
        if (error instanceof Stumble && error.mayPass && retriesLeft > 0 && error.waitMs <= longestWaitMs)
          await pause(error.waitMs);
      },
    }).catch((error: unknown) => {
      throw error instanceof Stumble ? error.explained : error;
    });
  };

  async function exchange(asked: string, send: Send, token: string): Promise<Answer> {
    await pace();
    const options = {headers: {Authorization: `Bearer ${token}`}};
    const signal = AbortSignal.timeout(timeoutMs);
    const sdk: SdkOptions = {
      environment: 'production',
      fetch: {options: {signal, __callable: fetchFrom(settings.transferUrl)}},
    };
    try {
      const response = await send(options, sdk);
      const text = await response.text();
      const body = isJson(response.headers.get('content-type')) ? parseJson(text) : undefined;
      // A success that cannot be read says nothing; a proxy's page of status 200 is one.
      if (response.ok && body === undefined) throw new Error('the answer is not JSON');
      return {status: response.status, body, retryAfter: response.headers.get('retry-after') ?? undefined};
    } catch (error) {
      throw new Stumble(
        new TransferUnreachable(
          asked,
          signal.aborted ? `no answer within ${timeoutMs / 1000} s` : networkReason(error),
        ),
        true,
        0,
      );
    }
  }
}

/** An attempt that failed; never leaves this file. */
class Stumble extends Error {
  readonly explained: Explained;
  readonly mayPass: boolean;
  readonly waitMs: number;
  constructor(explained: Explained, mayBeRepeated: boolean, waitMs: number) {
    super(explained.message);
    this.explained = explained;
    this.mayPass = mayBeRepeated;
    this.waitMs = waitMs;
  }
}

/**
 * A fetch that asks our service address instead of the one the SDK made up. SDK 6.2 still has an old host, and is told
 * another only by the environment (`GLOBUS_SDK_SERVICE_URL_TRANSFER`), which would be handed to every child process,
 * and of which it drops the path. `__callable` is the SDK's private hook for a fetch of one's own: its version is pinned.
 */
function fetchFrom(base: string): typeof fetch {
  return async (address, init) => {
    const {pathname, search} = new URL(String(address));
    const there = base.endsWith('/') ? base : `${base}/`;
    // The SDK sends plain objects of headers and JSON text; it hands the answer through to us untouched.
    const answer = await httpFetch(new URL(pathname.slice(1) + search, there), init as HttpQuestion);
    return answer as unknown as Response;
  };
}

function isGood(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

/** A page that happens to read as JSON is none of the service's words. Globus SDKs look at this header, too. */
function isJson(contentType: string | null): boolean {
  return /^application\/([\w.-]+\+)?json\b/i.test(contentType ?? '');
}

/** Seconds or a date. Milliseconds to wait; 0 when nothing was said. */
function waitFor(retryAfter: string | undefined): number {
  if (retryAfter === undefined) return 0;
  if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter) * 1000;
  const until = Date.parse(retryAfter);
  return Number.isNaN(until) ? 0 : Math.max(0, until - Date.now());
}

/** The reason without the error object, which may carry the request and its headers. */
function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection failed';
  return 'code' in error ? `the connection failed (${String(error.code)})` : error.message;
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}
