import pRetry from 'p-retry';
import type * as z from 'zod/mini';
import type {SignInWay} from '../../auth/advise-sign-in.ts';
import {LONGEST_OF_OTHERS_MS, notAskedBefore, waitAskedFor} from '../../auth/asked-wait.ts';
import {type Answer, requestOnce, type SdkCall} from '../../auth/globus-request.ts';
import {readDemands, readError} from '../../auth/read-error.ts';
import type {TokenSource} from '../../auth/token-source.ts';
import type {AskedPause} from '../../base/asked-pause.ts';
import {NOT_COMPILED} from '../../base/json.ts';
import {createPace, type Pace, type PaceLimit} from '../../base/pace.ts';
import {sleep} from '../../base/time.ts';
import {TransferRefused, TransferUnreachable} from '../../globus-errors.ts';
import {type Explained, explainGlobus, mayPass} from './explain.ts';

export interface CallerSettings {
  readonly tokens: TokenSource;
  /** `https://transfer.api.globus.org/`; may have a path, and need not be https */
  readonly transferUrl: string;
  /** how a person signs in; by `stage login` when not given */
  readonly signIn?: SignInWay | undefined;
  /** shared by all that a process asks of this service; one of its own when not given */
  readonly pace?: Pace | undefined;
  /** for one try, headers and body; 30 s when not given */
  readonly fetchTimeoutMs?: number | undefined;
  /** the same for a listing that a person waits for: of a large directory it takes Globus a minute and more; three minutes when not given */
  readonly listTimeoutMs?: number | undefined;
  /** pause before the second try, doubled for each further one, with some chance in it; 500 ms when not given */
  readonly backoffMs?: number | undefined;
  /** the longest `Retry-After` that is waited for; 60 s when not given */
  readonly longestWaitMs?: number | undefined;
  /** where a longer `Retry-After` is remembered: no process asks before; nowhere when not given */
  readonly asked?: AskedPause | undefined;
  /** told of each question why this process had no answer to it, the sign-in included; undefined when Globus answered, whatever it said */
  readonly heard?: ((trouble: unknown) => void) | undefined;
}

/**
 * Ask Globus Transfer, and insist on the shape of the answer: what cannot be read is no conclusion.
 *
 * @param asked how the request reads in messages
 * @param call  a method of `@globus/sdk`, waiting for its options
 * @param timeoutMs for one try, where it may take longer than others
 * @throws {TransferUnreachable} {TransferRefused} {SignInNeeded}
 */
export type Caller = <T>(asked: string, schema: z.ZodMiniType<T>, call: SdkCall, timeoutMs?: number) => Promise<T>;

const RETRIES = 3;

/**
 * Globus allows 20 requests per second and user (Globus Transfer API, FAQ). No second of one process sees more than
 * `burst + perSecond` of them: 19. A command seldom asks that much; what is left is for other processes of the user.
 */
export const GLOBUS_PACE: PaceLimit = {perSecond: 10, burst: 9};

/**
 * What `@globus/sdk` 6.2 does not do: try again, throw on errors, check answers. Every method of ours may be repeated,
 * the submission of a transfer too, since its submission id makes two of them one task. A service that did not answer
 * in time is not asked again at once: that would take as long once more.
 */
export function createCaller(settings: CallerSettings): Caller {
  const usualMs = settings.fetchTimeoutMs ?? 30_000;
  const longestWaitMs = settings.longestWaitMs ?? 60_000;
  const pace = settings.pace ?? createPace(GLOBUS_PACE);
  const mayTryAgain = (error: unknown): error is FailedTry => error instanceof FailedTry && error.mayPass;

  return async (asked, schema, call, timeoutMs = usualMs) => {
    /** a try of this request had no answer that can be read */
    let wasSilent = false;
    const tryOnce = async (): Promise<unknown> => {
      const wanted = settings.asked?.now();
      if (wanted) throw new FailedTry(notAskedBefore(asked, wanted), false, 0);
      const token = await settings.tokens.token();
      const exchange = (bearer: string) => exchangeOnce({asked, call, timeoutMs}, bearer);
      const first = await exchange(token);
      if (isGood(first)) return first.body;
      const answer = first.status === 401 ? await exchange(await settings.tokens.renew(token)) : first;
      if (isGood(answer)) return answer.body;
      const explained = explainGlobus(asked, answer, settings.signIn);
      const waitMs = waitAskedFor(answer.retryAfter);
      if (mayPass(answer) && waitMs > longestWaitMs) {
        const said = explained.why ?? '';
        const pauseMs = readError(answer.body) ? waitMs : Math.min(waitMs, LONGEST_OF_OTHERS_MS);
        settings.asked?.remember(pauseMs, said);
        throw new FailedTry(notAskedBefore(asked, {until: Date.now() + pauseMs, said}), false, 0);
      }
      throw new FailedTry(explained, mayPass(answer), waitMs, isAnswer(answer));
    };
    const body = await pRetry(tryOnce, {
      retries: RETRIES,
      minTimeout: settings.backoffMs ?? 500,
      randomize: true,
      shouldRetry: ({error}) => mayTryAgain(error),
      onFailedAttempt: async ({error, retriesLeft}) => {
        if (mayTryAgain(error) && error.explained instanceof TransferUnreachable) wasSilent = true;
        if (mayTryAgain(error) && retriesLeft > 0) await pause(error.waitMs);
      },
    }).catch((error: unknown) => {
      const explained = error instanceof FailedTry ? error.explained : error;
      if (explained instanceof TransferRefused) explained.afterSilence = wasSilent;
      settings.heard?.(error instanceof FailedTry && error.answered ? undefined : explained);
      throw explained;
    });
    const read = schema.safeParse(body, NOT_COMPILED);
    const unread = read.success ? undefined : new TransferUnreachable(asked, 'the answer has an unknown form');
    settings.heard?.(unread);
    if (!read.success) throw unread;
    return read.data;
  };

  async function exchangeOnce(
    {asked, call, timeoutMs}: {readonly asked: string; readonly call: SdkCall; readonly timeoutMs: number},
    token: string,
  ): Promise<Answer> {
    await pace();
    const where = {url: settings.transferUrl, authorization: `Bearer ${token}`, timeoutMs};
    const answer = await requestOnce(asked, call, where).catch((error: unknown) => {
      throw error instanceof TransferUnreachable ? new FailedTry(error, !error.timedOut, 0) : error;
    });
    // A success that cannot be read says nothing; a proxy's page of status 200 is one.
    if (isGood(answer) && answer.body === undefined)
      throw new FailedTry(new TransferUnreachable(asked, 'the answer is not JSON'), true, 0);
    return answer;
  }
}

/** One try that failed; never leaves this file. */
class FailedTry extends Error {
  readonly explained: Explained;
  /** the same request may do better in a moment */
  readonly mayPass: boolean;
  readonly waitMs: number;
  /** Globus took the sign-in, and said something about what was asked */
  readonly answered: boolean;
  constructor(explained: Explained, mayPass: boolean, waitMs: number, answered = false) {
    super(explained.message);
    this.explained = explained;
    this.mayPass = mayPass;
    this.waitMs = waitMs;
    this.answered = answered;
  }
}

/** A consent that a collection requires, or a path that is not there, is an answer; a sign-in that is not taken is none. */
function isAnswer(answer: Answer): boolean {
  return (
    !mayPass(answer) &&
    (answer.status !== 401 || readDemands(answer.body) !== undefined) &&
    readError(answer.body) !== undefined
  );
}

function isGood(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}
