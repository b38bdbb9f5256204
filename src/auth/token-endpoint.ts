import pRetry from 'p-retry';
import * as z from 'zod/mini';
import {SignInNeeded, TransferUnreachable} from '../globus-errors.ts';
import {askAuth, inWords} from './auth-http.ts';
import type {ClientCredentials} from './credentials.ts';
import type {StoredToken} from './token-store.ts';

const PATH = 'v2/oauth2/token';

export interface Grant {
  readonly authUrl: string;
  /** `grant_type` and what belongs to it. Source: Globus Auth API, "token" */
  readonly form: Readonly<Record<string, string>>;
  /** of a confidential client; a native one names itself in the form */
  readonly basic?: ClientCredentials | undefined;
  /** for one try; 30 s when not given */
  readonly timeoutMs?: number | undefined;
  /** pause before the second try; 500 ms when not given */
  readonly backoffMs?: number | undefined;
  /** further tries when nothing answers; 2 when not given. Those of an authorization code must be 0: it is good for one */
  readonly retries?: number;
}

/** The token of one resource server, as Globus Auth gave it. */
export interface GivenToken {
  readonly accessToken: string;
  /** milliseconds since the epoch */
  readonly expiresAt: number;
  /** when it was asked for */
  readonly issuedAt: number;
  /** undefined when the answer does not say */
  readonly resourceServer: string | undefined;
  readonly refreshToken?: string;
  readonly scopes: readonly string[];
}

/** Globus Auth answered, and gave no token. `error` is OAuth's word, such as `invalid_grant`. */
export class GrantRefused extends Error {
  readonly error: string;
  /** what it said, to be quoted */
  readonly words: string;
  constructor(error: string, description: string | undefined) {
    super(`Globus Auth said ${error}`);
    this.error = error;
    this.words = `Globus Auth said ${error}${description ? `: "${description}"` : ''}`;
  }
}

const OneToken = z.object({
  access_token: z.string().check(z.minLength(1)),
  expires_in: z.number(),
  resource_server: z.optional(z.string()),
  refresh_token: z.nullish(z.string()),
  scope: z.optional(z.string()),
});
/** The token of one resource server stands at the top, those of others in `other_tokens`. Globus Auth API, "token". */
const TokenDocument = z.extend(OneToken, {other_tokens: z.optional(z.array(OneToken))});
const ErrorDocument = z.object({error: z.optional(z.string()), error_description: z.optional(z.string())});

/**
 * Ask Globus Auth for tokens, by any grant.
 *
 * @throws {GrantRefused} when it says no
 * @throws {TransferUnreachable} when it does not answer, or with nothing that can be read
 */
export async function askForTokens(grant: Grant): Promise<GivenToken[]> {
  const question = {...grant, path: PATH};
  const askedAt = Date.now();
  const answer = await pRetry(() => askAuth(question), {
    retries: grant.retries ?? 2,
    minTimeout: grant.backoffMs ?? 500,
    shouldRetry: ({error}) => error instanceof TransferUnreachable,
  });
  if (answer.status !== 200) {
    const read = ErrorDocument.safeParse(answer.body);
    if (read.success && read.data.error !== undefined)
      throw new GrantRefused(read.data.error, read.data.error_description);
    throw new TransferUnreachable(inWords(question), `HTTP ${answer.status} without an error that can be read`);
  }
  const read = TokenDocument.safeParse(answer.body);
  if (!read.success) throw new TransferUnreachable(inWords(question), 'the answer holds no token');
  return [read.data, ...(read.data.other_tokens ?? [])].map((one) => ({
    accessToken: one.access_token,
    expiresAt: askedAt + one.expires_in * 1000,
    issuedAt: askedAt,
    resourceServer: one.resource_server,
    ...(one.refresh_token ? {refreshToken: one.refresh_token} : {}),
    scopes: (one.scope ?? '').split(' ').filter((scope) => scope !== ''),
  }));
}

/** The token of one resource server, wherever it stands in the answer. @throws {TransferUnreachable} when there is none */
export function tokenFor(resourceServer: string, given: readonly GivenToken[], authUrl: string): GivenToken {
  const found =
    given.find((one) => one.resourceServer === resourceServer) ?? given.find((one) => one.resourceServer === undefined);
  if (found) return found;
  const asked = inWords({authUrl, path: PATH, form: {}});
  throw new TransferUnreachable(asked, `the answer holds no token for ${resourceServer}`);
}

export interface ClientQuestion extends Pick<Grant, 'authUrl' | 'timeoutMs' | 'backoffMs'> {
  readonly credentials: ClientCredentials;
  readonly scopes: readonly string[];
  readonly resourceServer: string;
}

/**
 * Ask Globus Auth for a token by client credentials.
 *
 * @throws {SignInNeeded} when it says no
 * @throws {TransferUnreachable} when it does not answer, or with nothing that can be read
 */
export async function fetchClientToken(question: ClientQuestion): Promise<StoredToken> {
  const {authUrl, credentials, scopes, resourceServer, timeoutMs, backoffMs} = question;
  const form = {grant_type: 'client_credentials', scope: scopes.join(' ')};
  const given = await askForTokens({authUrl, form, basic: credentials, timeoutMs, backoffMs}).catch(
    (error: unknown) => {
      throw error instanceof GrantRefused ? explainRefusal(error, credentials.clientId) : error;
    },
  );
  const {accessToken, expiresAt, issuedAt} = tokenFor(resourceServer, given, authUrl);
  return {accessToken, expiresAt, issuedAt};
}

/** Why a client got no token, and what its owner can do. */
export function explainRefusal(refused: GrantRefused, clientId: string): SignInNeeded {
  if (refused.error === 'invalid_client' || refused.error === 'unauthorized_client')
    return new SignInNeeded({
      what: `Globus Auth does not accept the client ${clientId}`,
      why: `its id or secret is wrong, or was withdrawn. ${refused.words}`,
      next: [
        'See the client and make a new secret: https://app.globus.org/settings/developers',
        'Write both into the credentials file.',
      ],
    });
  return new SignInNeeded({
    what: `Globus Auth gave no token to the client ${clientId}`,
    why: refused.words,
    next:
      refused.error === 'invalid_scope'
        ? ['Correct the scopes in the profile.']
        : ['See the client at https://app.globus.org/settings/developers'],
  });
}
