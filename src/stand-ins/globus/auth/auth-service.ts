import type {Lasts} from '../../day.ts';
import {oauthProblem} from '../http/problem.ts';
import type {Request} from '../http/request.ts';
import type {TokenStore} from '../store/token-store.ts';
import type {Consents} from './consents.ts';
import type {IdTokenSigner} from './id-token.ts';
import type {Identities, Identity} from './identities.ts';
import type {Logins} from './logins.ts';
import type {SignInCode} from './sign-in-code.ts';

/** What the resources of Globus Auth share. */
export interface AuthService {
  readonly identities: Identities;
  readonly tokens: TokenStore;
  readonly signer: IdTokenSigner;
  readonly consents: Consents;
  readonly logins: Logins;
  readonly signInCode: SignInCode;
  /** to be called when a person has signed in by hand */
  readonly signedIn: () => void;
  /** whether a collection is a mapped one that asks for the `data_access` consent */
  readonly hasDataAccess: (collection: string) => boolean;
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

/** What userinfo and id tokens say of an identity: itself, and the others that are linked to it. */
export function identityClaims(auth: AuthService, identity: Identity): Record<string, unknown> {
  const logins = auth.logins.of(identity.id);
  const set = auth.identities.setOf(identity.id).map((one) => ({
    sub: one.id,
    username: one.username,
    name: one.name,
    email: one.email,
    organization: null,
    identity_provider: PROVIDER,
    identity_provider_display_name: auth.identities.isConfidential(one.id) ? 'Globus Auth' : 'this machine',
    last_authentication: secondsOf(logins.find((login) => login.as === one.id)?.at),
  }));
  return {...set[0], preferred_username: identity.username, identity_set: set};
}

const secondsOf = (at: number | undefined): number | null => (at === undefined ? null : Math.floor(at / 1000));

export const PROVIDER = '41143743-f3c8-4d60-bbdb-eeecaba85bd9';
