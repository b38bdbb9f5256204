import {hostname} from 'node:os';
import pRetry from 'p-retry';
import {SignInNeeded, TransferUnreachable} from '../globus-errors.ts';
import {
  AUTH_RESOURCE_SERVER,
  authorizeUrl,
  newState,
  newVerifier,
  type SessionDemands,
  TRANSFER_RESOURCE_SERVER,
} from './authorize.ts';
import {explainCodeRefused, GrantRefused} from './explain.ts';
import {askWhoIs} from './globus-auth.ts';
import {exchangeCode, tokenFor} from './token-grants.ts';
import type {StoredToken} from './token-store.ts';

/** How a person is shown a page, and how the code comes back from it. */
export interface CodeWay {
  readonly redirectUri: string;
  /** @param url the page where to sign in. @returns the code; undefined when the person gave none */
  readonly codeFrom: (url: string, state: string) => Promise<string | undefined>;
}

export interface NativeLogin {
  readonly authUrl: string;
  /** of a native app that is registered at Globus; it has no secret */
  readonly clientId: string;
  /** of Transfer, with the consents for collections */
  readonly transferScopes: readonly string[];
  readonly session: SessionDemands;
  readonly loginCommand: string;
}

/** The tokens of a person's sign-in, one a resource server. */
export type NativeTokens = Readonly<Record<typeof TRANSFER_RESOURCE_SERVER | typeof AUTH_RESOURCE_SERVER, StoredToken>>;

const WHO = ['openid', 'profile', 'email'];

/** Where Globus Auth shows a code for pasting. Source: Globus Auth API; the trailing slash of the address matters. */
export function pasteRedirect(authUrl: string): string {
  return new URL('v2/web/auth-code', authUrl.endsWith('/') ? authUrl : `${authUrl}/`).href;
}

/**
 * Sign a person in with a native app and PKCE. Keeps nothing.
 *
 * @throws {SignInNeeded} when no code came, or Globus Auth does not accept it
 * @throws {TransferUnreachable}
 */
export async function signInByCode(login: NativeLogin, way: CodeWay): Promise<NativeTokens> {
  const {authUrl, clientId, session, loginCommand} = login;
  const {verifier, challenge} = newVerifier();
  const state = newState();
  const scopes = [...WHO, ...login.transferScopes];
  const label = `stage on ${hostname()}`;
  const {redirectUri} = way;
  const url = authorizeUrl({authUrl, clientId, redirectUri, scopes, state, challenge, session, label});
  const code = await way.codeFrom(url, state);
  if (!code)
    throw new SignInNeeded({
      what: 'No authorization code was given',
      why: 'the page shows one after you have signed in, and it is good for ten minutes',
      next: [`Sign in: ${loginCommand}`],
    });
  const given = await exchangeCode({authUrl}, {clientId, code, verifier, redirectUri}).catch((error: unknown) => {
    throw error instanceof GrantRefused ? explainCodeRefused(error, login) : error;
  });
  const auth = tokenFor(AUTH_RESOURCE_SERVER, given, authUrl);
  const transfer = tokenFor(TRANSFER_RESOURCE_SERVER, given, authUrl);
  // The code is used up: a stumble now must not cost the person another sign-in.
  const who = await pRetry(() => askWhoIs({authUrl}, auth.accessToken), {
    retries: 3,
    minTimeout: 500,
    shouldRetry: ({error}) => error instanceof TransferUnreachable,
  });
  const kept = ({accessToken, expiresAt, issuedAt, refreshToken}: typeof auth): StoredToken => ({
    accessToken,
    expiresAt,
    issuedAt,
    refreshToken,
    signIn: {
      identity: who.id,
      username: who.username,
      authenticatedAt: who.authenticatedAt ?? Date.now(),
      scopes: login.transferScopes,
    },
  });
  return {[AUTH_RESOURCE_SERVER]: kept(auth), [TRANSFER_RESOURCE_SERVER]: kept(transfer)};
}
