import {TransferUnreachable} from '../globus-errors.ts';
import type {ClientCredentials} from './credentials.ts';

export interface AuthQuestion {
  /** `https://auth.globus.org/`, or a stand-in's */
  readonly authUrl: string;
  /** such as `v2/oauth2/token` */
  readonly path: string;
  /** sent as a form by POST; without it the question is a GET */
  readonly form?: Readonly<Record<string, string>>;
  /** of a confidential client */
  readonly basic?: ClientCredentials | undefined;
  readonly bearer?: string;
  /** 30 s when not given */
  readonly timeoutMs?: number | undefined;
}

export interface AuthAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** How a question reads in messages: method, path and host, never what was sent. */
export function inWords({authUrl, path, form}: AuthQuestion): string {
  return `${form ? 'POST' : 'GET'} /${path} at ${new URL(authUrl).host}`;
}

/**
 * One request to Globus Auth. No error of axios leaves this function: it carries the request's headers and form and
 * with them the secrets, and a `cause` is printed by whoever inspects an error.
 *
 * @throws {TransferUnreachable} when nothing answers, or with 429 or 5xx
 */
export async function askAuth(question: AuthQuestion): Promise<AuthAnswer> {
  const {default: axios} = await import('axios'); // costly to load, and needed once in two days
  const {authUrl, path, form, basic, bearer, timeoutMs = 30_000} = question;
  let answer: {status: number; data: unknown};
  try {
    answer = await axios.request<unknown>({
      method: form ? 'POST' : 'GET',
      url: new URL(path, authUrl.endsWith('/') ? authUrl : `${authUrl}/`).href,
      ...(basic ? {auth: {username: basic.clientId, password: basic.clientSecret}} : {}),
      ...(form ? {data: new URLSearchParams(form)} : {}),
      headers: {accept: 'application/json', ...(bearer ? {authorization: `Bearer ${bearer}`} : {})},
      timeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs + 1000), // `timeout` does not cover connecting
      maxRedirects: 0, // secrets go to this address only
      maxContentLength: 1_000_000,
      validateStatus: () => true,
    });
  } catch (error) {
    throw new TransferUnreachable(inWords(question), networkReason(error));
  }
  if (answer.status >= 500 || answer.status === 429)
    throw new TransferUnreachable(inWords(question), `Globus Auth answered with HTTP ${answer.status}`);
  return {status: answer.status, body: answer.data};
}

function networkReason(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'no connection';
  if (code === 'ECONNABORTED' || code === 'ERR_CANCELED' || code === 'ETIMEDOUT') return `no answer in time (${code})`;
  return `the connection failed (${code})`;
}
