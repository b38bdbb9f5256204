import type {Lasts} from '../day.ts';
import type {Request} from './http-server.ts';
import type {IdTokenSigner} from './id-token.ts';
import type {Identities, Identity} from './identities.ts';
import {oauthProblem} from './problem.ts';
import type {Grant, TokenStore} from './token-store.ts';

/** What the resources of Globus Auth share. */
export interface AuthService {
  readonly identities: Identities;
  readonly tokens: TokenStore;
  readonly signer: IdTokenSigner;
  /** base URL with a trailing slash */
  readonly url: () => string;
  readonly lasts: Lasts;
  readonly log: (line: string) => void;
}

/** The id of the client that signed in with HTTP Basic. @throws {AuthProblem} 401 */
export function requireClient(auth: AuthService, request: Request): string {
  const [, encoded = ''] = /^Basic +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const [id = '', secret = ''] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
  if (!auth.identities.isClient(id, secret)) throw oauthProblem('invalid_client', 'Client authentication failed', 401);
  return id;
}

/** What userinfo and id tokens say of an identity. */
export function identityClaims(auth: AuthService, identity: Identity, grant: Grant): Record<string, unknown> {
  const provider = identity.id === auth.identities.user.id ? 'this machine' : 'Globus Auth';
  const one = {
    sub: identity.id,
    username: identity.username,
    name: identity.name,
    email: identity.email,
    organization: null,
    identity_provider: PROVIDER,
    identity_provider_display_name: provider,
    last_authentication: Math.floor(grant.issuedAt / 1000),
  };
  return {...one, preferred_username: identity.username, identity_set: [one]};
}

export const PROVIDER = '41143743-f3c8-4d60-bbdb-eeecaba85bd9';
