import {readCredentials} from './credentials-file.ts';
import {fetchClientToken} from './token-endpoint.ts';
import {createTokenSource, type TokenSource} from './token-source.ts';
import {createTokenStore} from './token-store.ts';

export const TRANSFER_RESOURCE_SERVER = 'transfer.api.globus.org';
export const TRANSFER_SCOPE = 'urn:globus:auth:scope:transfer.api.globus.org:all';
export const PRODUCTION_AUTH_URL = 'https://auth.globus.org/';

export interface ClientSignIn {
  /** JSON with `client_id` and `client_secret`, mode 0600 */
  readonly credentialsFile: string;
  /** where tokens are kept */
  readonly tokenDirectory: string;
  /** `https://auth.globus.org/` when not given */
  readonly authUrl?: string;
  /** what to ask for; the scope of Globus Transfer when none are given. Consents are given by asking: `…:all[*…/data_access]` */
  readonly scopes?: readonly string[];
  /** for one request; 30 s when not given */
  readonly timeoutMs?: number;
  /** pause before the second try; 500 ms when not given */
  readonly backoffMs?: number;
}

/**
 * Tokens for Globus Transfer by client credentials. The file is read when the first token is asked for.
 *
 * @throws {SignInNeeded} from its methods, when the credentials or the stored tokens cannot be used
 */
export function createClientTokenSource(signIn: ClientSignIn): TokenSource {
  let source: Promise<TokenSource> | undefined;
  const ready = () => {
    source ??= connect(signIn).catch((error: unknown) => {
      source = undefined; // a mended file is read again
      throw error;
    });
    return source;
  };
  return {token: async () => (await ready()).token(), renew: async (rejected) => (await ready()).renew(rejected)};
}

async function connect(signIn: ClientSignIn): Promise<TokenSource> {
  const credentials = await readCredentials(signIn.credentialsFile);
  const authUrl = signIn.authUrl ?? PRODUCTION_AUTH_URL;
  const scopes = signIn.scopes?.length ? signIn.scopes : [TRANSFER_SCOPE];
  const store = createTokenStore(signIn.tokenDirectory, {
    authUrl,
    clientId: credentials.clientId,
    resourceServer: TRANSFER_RESOURCE_SERVER,
    scopes,
  });
  const {timeoutMs, backoffMs} = signIn;
  const question = {authUrl, credentials, scopes, resourceServer: TRANSFER_RESOURCE_SERVER, timeoutMs, backoffMs};
  return createTokenSource({store, fetch: () => fetchClientToken(question)});
}
