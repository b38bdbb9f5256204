import {createHash, randomBytes} from 'node:crypto';

/** Names of Globus Auth that every way to sign in uses. Source: Globus Auth API. */
export const TRANSFER_RESOURCE_SERVER = 'transfer.api.globus.org';
export const AUTH_RESOURCE_SERVER = 'auth.globus.org';
export const TRANSFER_SCOPE = 'urn:globus:auth:scope:transfer.api.globus.org:all';

/** What a collection may demand of a sign-in ("Globus Auth Requirements Error"). */
export interface SessionDemands {
  readonly identities?: readonly string[];
  readonly domains?: readonly string[];
  readonly policies?: readonly string[];
  readonly mfa?: boolean;
}

export interface AuthorizeQuestion {
  readonly authUrl: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string;
  /** of the verifier that is kept */
  readonly challenge: string;
  readonly session: SessionDemands;
  /** how the sign-in shall be called in the list of the person's consents */
  readonly label: string;
}

/**
 * The page where a person signs in. Pure. Source: Globus Auth API, "authorize"; `prompt=login` makes the session new,
 * which nothing else does.
 */
export function authorizeUrl(question: AuthorizeQuestion): string {
  const {authUrl, session} = question;
  const url = new URL('v2/oauth2/authorize', authUrl.endsWith('/') ? authUrl : `${authUrl}/`);
  const parameters: Record<string, string | undefined> = {
    client_id: question.clientId,
    redirect_uri: question.redirectUri,
    scope: question.scopes.join(' '),
    state: question.state,
    response_type: 'code',
    code_challenge: question.challenge,
    code_challenge_method: 'S256',
    access_type: 'offline',
    prompt: 'login',
    prefill_named_grant: question.label,
    session_required_identities: session.identities?.join(','),
    session_required_single_domain: session.domains?.join(','),
    session_required_policies: session.policies?.join(','),
    session_required_mfa: session.mfa ? 'true' : undefined,
  };
  for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value);
  return url.href;
}

/** The scope of Transfer with the consents for some collections, all in one. @param collections ids */
export function transferScope(collections: readonly string[]): string {
  if (collections.length === 0) return TRANSFER_SCOPE;
  return `${TRANSFER_SCOPE}[${collections.map((id) => `*${dataAccessScope(id)}`).join(' ')}]`;
}

export function dataAccessScope(collection: string): string {
  return `https://auth.globus.org/scopes/${collection}/data_access`;
}

/** What proves, when a code is exchanged, that it is we who asked for it (PKCE, RFC 7636). */
export function newVerifier(): {readonly verifier: string; readonly challenge: string} {
  const verifier = randomBytes(48).toString('base64url');
  return {verifier, challenge: createHash('sha256').update(verifier).digest('base64url')};
}

export function newState(): string {
  return randomBytes(18).toString('base64url');
}
