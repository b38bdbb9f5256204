import {token} from '@globus/sdk/services/auth/service/oauth2/index';
import pRetry from 'p-retry';
import * as z from 'zod/mini';
import {TransferUnreachable} from '../globus-errors.ts';
import type {ClientCredentials} from './credentials.ts';
import {explainClientRefused, GrantRefused, readRefusal} from './explain.ts';
import {type AuthClient, type AuthSettings, askAuth, clientField, clientProof, inMessages} from './globus-auth.ts';
import type {SdkCall} from './globus-request.ts';
import type {StoredToken} from './token-store.ts';

/** The token of one resource server, as Globus Auth gave it. */
export interface GivenToken {
  readonly accessToken: string;
  /** milliseconds since the epoch */
  readonly expiresAt: number;
  /** when it was asked for */
  readonly issuedAt: number;
  /** undefined when the answer does not say */
  readonly resourceServer: string | undefined;
  readonly refreshToken?: string | undefined;
}

/** What an authorization code is exchanged with. */
export interface CodeExchange {
  /** of a native app */
  readonly clientId: string;
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** Tokens for the code that a person brought. Asked once: a code is good for one time. @throws {GrantRefused} {TransferUnreachable} */
export async function exchangeCode(settings: AuthSettings, exchange: CodeExchange): Promise<GivenToken[]> {
  const {clientId, code, verifier, redirectUri} = exchange;
  const payload = {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  } as const;
  return askForTokens({...settings, retries: 0}, clientId, (sdk) => token.exchange({payload}, sdk));
}

/** Tokens for a refresh token. @throws {GrantRefused} {TransferUnreachable} */
export async function refreshTokens(
  settings: AuthSettings,
  client: AuthClient,
  refreshToken: string,
): Promise<GivenToken[]> {
  const payload = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    ...(clientField(client) as {client_id: string}), // the type wants it of all
  } as const;
  return askForTokens(settings, client, (sdk) => token.refresh({payload}, sdk));
}

/** A token for a client by its credentials. @throws {SignInNeeded} when Globus Auth says no @throws {TransferUnreachable} */
export async function fetchClientToken(
  settings: AuthSettings,
  credentials: ClientCredentials,
  {scopes, resourceServer}: {readonly scopes: readonly string[]; readonly resourceServer: string},
): Promise<StoredToken> {
  // The type knows the grant of apps in browsers alone; the method sends the form that it is given.
  const payload = {grant_type: 'client_credentials', scope: scopes.join(' ')} as never;
  try {
    const given = await askForTokens(settings, credentials, (sdk) => token.token({payload}, sdk));
    const {accessToken, expiresAt, issuedAt} = tokenFor(resourceServer, given, settings.authUrl);
    return {accessToken, expiresAt, issuedAt};
  } catch (error) {
    throw error instanceof GrantRefused ? explainClientRefused(error, credentials.clientId) : error;
  }
}

/** The token of one resource server, wherever it stands in the answer. @throws {TransferUnreachable} when there is none */
export function tokenFor(resourceServer: string, given: readonly GivenToken[], authUrl: string): GivenToken {
  const found =
    given.find((one) => one.resourceServer === resourceServer) ?? given.find((one) => one.resourceServer === undefined);
  if (found) return found;
  throw new TransferUnreachable(inMessages(authUrl, TOKEN), `the answer holds no token for ${resourceServer}`);
}

const TOKEN = 'POST /v2/oauth2/token';

const OneToken = z.object({
  access_token: z.string().check(z.minLength(1)),
  expires_in: z.number(),
  resource_server: z.optional(z.string()),
  refresh_token: z.nullish(z.string()),
});
/** The token of one resource server stands at the top, those of others in `other_tokens`. Globus Auth API, "token". */
const TokenDocument = z.extend(OneToken, {other_tokens: z.optional(z.array(OneToken))});

/** @throws {GrantRefused} when Globus Auth says no @throws {TransferUnreachable} when nothing answers that can be read */
async function askForTokens(settings: AuthSettings, client: AuthClient, call: SdkCall): Promise<GivenToken[]> {
  const issuedAt = Date.now();
  const question = {asked: TOKEN, authorization: clientProof(client), call};
  const answer = await pRetry(() => askAuth(settings, question), {
    retries: settings.retries ?? 2,
    minTimeout: settings.backoffMs ?? 500,
    shouldRetry: ({error}) => error instanceof TransferUnreachable && !error.timedOut && !settings.asked?.now(),
  });
  const asked = inMessages(settings.authUrl, TOKEN);
  if (answer.status !== 200) {
    const said = `HTTP ${answer.status} without an error that can be read`;
    throw readRefusal(answer) ?? new TransferUnreachable(asked, said);
  }
  const read = TokenDocument.safeParse(answer.body);
  if (!read.success) throw new TransferUnreachable(asked, 'the answer holds no token');
  return [read.data, ...(read.data.other_tokens ?? [])].map((one) => ({
    accessToken: one.access_token,
    expiresAt: issuedAt + one.expires_in * 1000,
    issuedAt,
    resourceServer: one.resource_server,
    refreshToken: one.refresh_token || undefined,
  }));
}
