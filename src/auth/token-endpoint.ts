import pRetry from 'p-retry';
import * as z from 'zod/mini';
import {SignInNeeded, TransferUnreachable} from '../transfer/transfer-service.ts';
import type {ClientCredentials} from './credentials-file.ts';
import type {StoredToken} from './token-store.ts';

export interface TokenQuestion {
  readonly authUrl: string;
  readonly credentials: ClientCredentials;
  readonly scopes: readonly string[];
  readonly resourceServer: string;
  /** 30 s when not given */
  readonly timeoutMs?: number;
  /** pause before the second of three tries */
  readonly backoffMs?: number;
}

const OneToken = z.object({
  access_token: z.string().check(z.minLength(1)),
  expires_in: z.number(),
  resource_server: z.optional(z.string()),
});
/** The token of one resource server stands at the top, those of others in `other_tokens`. Globus Auth API, "token". */
const TokenDocument = z.extend(OneToken, {other_tokens: z.optional(z.array(OneToken))});
const ErrorDocument = z.object({error: z.optional(z.string()), error_description: z.optional(z.string())});

const ASKED = 'POST /v2/oauth2/token';

/**
 * Ask Globus Auth for a token by client credentials.
 *
 * @throws {SignInNeeded} when it says no
 * @throws {TransferUnreachable} when it does not answer, or with nothing that can be read
 */
export async function fetchClientToken(question: TokenQuestion): Promise<StoredToken> {
  const asked = `${ASKED} at ${new URL(question.authUrl).host}`;
  const askedAt = Date.now();
  const answer = await pRetry(() => post(question, asked), {
    retries: 2,
    minTimeout: question.backoffMs ?? 500,
    shouldRetry: ({error}) => error instanceof TransferUnreachable,
  });
  if (answer.status !== 200) throw explainRefusal(answer, asked, question.credentials.clientId);
  const read = TokenDocument.safeParse(answer.body);
  const all = read.success ? [read.data, ...(read.data.other_tokens ?? [])] : [];
  const token =
    all.find((one) => one.resource_server === question.resourceServer) ??
    all.find((one) => one.resource_server === undefined);
  if (!token) throw new TransferUnreachable(asked, `the answer holds no token for ${question.resourceServer}`);
  return {accessToken: token.access_token, expiresAt: askedAt + token.expires_in * 1000};
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * One request. No error of axios leaves this function: it carries the request's headers and with them the secret,
 * and a `cause` is printed by whoever inspects an error.
 */
async function post(question: TokenQuestion, asked: string): Promise<Answer> {
  const {default: axios} = await import('axios'); // costly to load, and needed once in two days
  const timeoutMs = question.timeoutMs ?? 30_000;
  let answer: {status: number; data: unknown};
  try {
    answer = await axios.request<unknown>({
      method: 'POST',
      url: new URL('v2/oauth2/token', withSlash(question.authUrl)).href,
      auth: {username: question.credentials.clientId, password: question.credentials.clientSecret},
      data: new URLSearchParams({grant_type: 'client_credentials', scope: question.scopes.join(' ')}),
      headers: {accept: 'application/json'},
      timeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs + 1000), // `timeout` does not cover connecting
      maxRedirects: 0, // the secret goes to this address only
      maxContentLength: 1_000_000,
      validateStatus: () => true,
    });
  } catch (error) {
    throw new TransferUnreachable(asked, networkReason(error));
  }
  if (answer.status >= 500 || answer.status === 429)
    throw new TransferUnreachable(asked, `Globus Auth answered with HTTP ${answer.status}`);
  return {status: answer.status, body: answer.data};
}

function networkReason(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'no connection';
  if (code === 'ECONNABORTED' || code === 'ERR_CANCELED' || code === 'ETIMEDOUT') return `no answer in time (${code})`;
  return `the connection failed (${code})`;
}

function explainRefusal(answer: Answer, asked: string, clientId: string): SignInNeeded | TransferUnreachable {
  const read = ErrorDocument.safeParse(answer.body);
  const error = read.success ? read.data.error : undefined;
  if (error === undefined)
    return new TransferUnreachable(asked, `HTTP ${answer.status} without an error that can be read`);
  const words = `Globus Auth said ${error}${read.data?.error_description ? `: "${read.data.error_description}"` : ''}`;
  if (error === 'invalid_client' || error === 'unauthorized_client')
    return new SignInNeeded({
      what: `Globus Auth does not accept the client ${clientId}`,
      why: `its id or secret is wrong, or was withdrawn. ${words}`,
      next: [
        'See the client and make a new secret: https://app.globus.org/settings/developers',
        'Write both into the credentials file.',
      ],
    });
  return new SignInNeeded({
    what: `Globus Auth gave no token to the client ${clientId}`,
    why: words,
    next:
      error === 'invalid_scope'
        ? ['Correct the scopes in the profile.']
        : ['See the client at https://app.globus.org/settings/developers'],
  });
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
