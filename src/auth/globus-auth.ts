import * as oauth2 from '@globus/sdk/services/auth/service/oauth2/index';
import * as z from 'zod/mini';
import type {AskedPause} from '../base/asked-pause.ts';
import {TransferUnreachable} from '../globus-errors.ts';
import {LONGEST_OF_OTHERS_MS, notAskedBefore, waitAskedFor} from './asked-wait.ts';
import type {ClientCredentials} from './credentials.ts';
import {readRefusal, TokenRejected} from './explain.ts';
import {type Answer, requestOnce, type SdkCall} from './globus-request.ts';

// Globus Auth is asked through `@globus/sdk`. Ours is what the SDK (6.2) lacks: its sign-in flows want a browser's
// window and session storage; its functions for tokens neither check an answer nor try again, and leave the proof of a
// confidential client to their caller. The SDK costs 28 ms to load, and a token lasts two days: import this file, and
// token-grants.ts, where Auth is really asked.

/** Where Globus Auth is, and how patiently it is asked. */
export interface AuthSettings {
  /** `https://auth.globus.org/`, or a stand-in's */
  readonly authUrl: string;
  /** what Globus Auth has asked all processes to wait for, where that is kept */
  readonly asked?: AskedPause | undefined;
  /** for one try; 30 s when not given */
  readonly timeoutMs?: number | undefined;
  /** for tokens: pause before the second try; 500 ms when not given */
  readonly backoffMs?: number | undefined;
  /** for tokens: further tries when nothing answers; 2 when not given */
  readonly retries?: number | undefined;
}

/** A native app says its id only; a confidential client proves itself. */
export type AuthClient = string | ClientCredentials;

/** Which resource of Globus Auth is asked, and on whose behalf. */
export interface AuthQuestion {
  /** method and path: `POST /v2/oauth2/token` */
  readonly asked: string;
  readonly authorization?: string | undefined;
  readonly call: SdkCall;
}

/**
 * One question, without a second try. With 429 or 5xx and a time, no process that shares the record asks before that.
 *
 * @throws {TransferUnreachable} when nothing answers, or with 429 or 5xx, and when it is not asked for what it said before
 */
export async function askAuth(settings: AuthSettings, question: AuthQuestion): Promise<Answer> {
  const {authUrl, timeoutMs = 30_000} = settings;
  const {authorization, call} = question;
  const asked = inMessages(authUrl, question.asked);
  const wanted = settings.asked?.now();
  if (wanted) throw notAskedBefore(asked, wanted);
  const answer = await requestOnce(asked, call, {url: authUrl, authorization, timeoutMs});
  if (answer.status < 500 && answer.status !== 429) return answer;
  const said = `Globus Auth answered with HTTP ${answer.status}`;
  const waitMs = waitAskedFor(answer.retryAfter);
  if (waitMs <= WAITED_FOR_HERE_MS) throw new TransferUnreachable(asked, said);
  // A page of something on the way, which says nothing that Globus would, may not stop all sign-ins for long.
  const pauseMs = readRefusal(answer) ? waitMs : Math.min(waitMs, LONGEST_OF_OTHERS_MS);
  settings.asked?.remember(pauseMs, said);
  throw notAskedBefore(asked, {until: Date.now() + pauseMs, said});
}

/** A shorter pause is left to the further tries. */
const WAITED_FOR_HERE_MS = 2_000;

/** How a question reads in messages: method, path and host, never what was sent. */
export function inMessages(authUrl: string, asked: string): string {
  return `${asked} at ${new URL(authUrl).host}`;
}

/** What a native app puts into a form; a confidential client is known by its proof. */
export function clientField(client: AuthClient): {client_id?: string} {
  return typeof client === 'string' ? {client_id: client} : {};
}

/** The header that proves a confidential client. */
export function clientProof(client: AuthClient): string | undefined {
  if (typeof client === 'string') return undefined;
  return `Basic ${Buffer.from(`${client.clientId}:${client.clientSecret}`).toString('base64')}`;
}

/**
 * Withdraw a token at Globus Auth. One that is not known there is withdrawn already.
 *
 * @throws {TransferUnreachable} when it is not known to be withdrawn
 */
export async function revokeToken(settings: AuthSettings, token: string, client: AuthClient): Promise<void> {
  const payload = {token, ...clientField(client)} as {token: string; client_id: string}; // the type wants it of all
  const asked = 'POST /v2/oauth2/token/revoke';
  const {status} = await askAuth(settings, {
    asked,
    authorization: clientProof(client),
    call: (sdk) => oauth2.token.revoke({payload}, sdk),
  });
  if (status >= 300)
    throw new TransferUnreachable(inMessages(settings.authUrl, asked), `Globus Auth answered with HTTP ${status}`);
}

/** An identity, as Globus Auth describes it. */
export interface WhoIs {
  readonly id: string;
  readonly username: string;
  readonly name?: string | undefined;
  /** milliseconds since the epoch: when this identity last proved itself to its organisation */
  readonly authenticatedAt?: number | undefined;
}

/** Globus Auth API, "userinfo". */
const Userinfo = z.object({
  sub: z.string().check(z.minLength(1)),
  preferred_username: z.nullish(z.string()),
  name: z.nullish(z.string()),
  last_authentication: z.nullish(z.number()),
});

/**
 * Whose token it is. @param token for the resource server auth.globus.org
 *
 * @throws {TokenRejected} when the token is not accepted
 * @throws {TransferUnreachable}
 */
export async function askWhoIs(settings: AuthSettings, token: string): Promise<WhoIs> {
  const asked = 'GET /v2/oauth2/userinfo';
  const {status, body} = await askAuth(settings, {
    asked,
    authorization: `Bearer ${token}`,
    call: (sdk) => oauth2.userinfo(undefined, sdk),
  });
  if (status === 401 || status === 403) throw new TokenRejected();
  const read = Userinfo.safeParse(body);
  if (status !== 200 || !read.success)
    throw new TransferUnreachable(
      inMessages(settings.authUrl, asked),
      `HTTP ${status} with nothing that tells who it is`,
    );
  const {sub, preferred_username, name, last_authentication} = read.data;
  return {
    id: sub,
    username: preferred_username ?? sub,
    name: name || undefined,
    authenticatedAt: typeof last_authentication === 'number' ? last_authentication * 1000 : undefined,
  };
}
