import type {AskedPause} from '../base/asked-pause.ts';
import {SignInNeeded} from '../globus-errors.ts';
import {TRANSFER_RESOURCE_SERVER, TRANSFER_SCOPE} from './authorize.ts';
import {type ClientCredentials, readCredentials} from './credentials.ts';
import {createTokenSource, type TokenSource} from './token-source.ts';
import {createTokenStore, type StoredToken, type TokenKey, type TokenStore} from './token-store.ts';

const PRODUCTION_AUTH_URL = 'https://auth.globus.org/';

export interface ClientSignIn {
  /** from the environment; wins over the file */
  readonly credentials?: ClientCredentials | undefined;
  /** JSON with `client_id` and `client_secret`, mode 0600 */
  readonly credentialsFile?: string | undefined;
  /** where neither is at hand, as in a job: the client whose kept token is used while it lasts */
  readonly clientId?: string | undefined;
  /** where tokens are kept */
  readonly tokenDirectory: string;
  /** `https://auth.globus.org/` when not given */
  readonly authUrl?: string;
  /** what to ask for; the scope of Globus Transfer when none are given. Consents are given by asking: `…:all[*…/data_access]` */
  readonly scopes?: readonly string[] | undefined;
  /** files in `tokenDirectory` when not given */
  readonly openStore?: (key: TokenKey) => Promise<TokenStore>;
  /** what Globus Auth has asked all processes to wait for */
  readonly askedPause?: AskedPause | undefined;
  /** for one request; 30 s when not given */
  readonly timeoutMs?: number;
  /** pause before the second try; 500 ms when not given */
  readonly backoffMs?: number;
}

/** Tokens of a client, and what is kept of them. */
export interface ClientTokens extends TokenSource {
  /** the token kept last */
  current(): Promise<StoredToken | undefined>;
  clientId(): Promise<string>;
  /** Ask for a token that is not kept: asking with the scopes of collections gives the consents for them. */
  askOnce(scopes: readonly string[]): Promise<void>;
  /** Forget the kept token. @returns false when there was none */
  forget(): Promise<boolean>;
  credentials(): Promise<ClientCredentials | undefined>;
}

/**
 * Tokens for Globus Transfer by client credentials. The file is read when the first token is asked for.
 *
 * @throws {SignInNeeded} from its methods, when the credentials or the stored tokens cannot be used
 */
export function createClientTokenSource(signIn: ClientSignIn): ClientTokens {
  let opened: Promise<Connected> | undefined;
  const ready = () => {
    opened ??= connect(signIn).catch((error: unknown) => {
      opened = undefined; // a corrected file is read again
      throw error;
    });
    return opened;
  };
  return {
    token: async () => (await ready()).source.token(),
    renew: async (rejected) => (await ready()).source.renew(rejected),
    current: async () => (await ready()).store.read(),
    clientId: async () => (await ready()).clientId,
    askOnce: async (scopes) => void (await (await ready()).fetch(scopes)),
    forget: async () => (await ready()).store.remove(),
    credentials: async () => (await ready()).credentials,
  };
}

interface Connected {
  readonly source: TokenSource;
  readonly store: TokenStore;
  readonly clientId: string;
  readonly credentials: ClientCredentials | undefined;
  readonly fetch: (scopes: readonly string[]) => Promise<StoredToken>;
}

async function connect(signIn: ClientSignIn): Promise<Connected> {
  const file = signIn.credentialsFile;
  const credentials = signIn.credentials ?? (file === undefined ? undefined : await readCredentials(file));
  const clientId = credentials?.clientId ?? signIn.clientId;
  if (clientId === undefined) throw noSecret();
  const authUrl = signIn.authUrl ?? PRODUCTION_AUTH_URL;
  const scopes = signIn.scopes?.length ? signIn.scopes : [TRANSFER_SCOPE];
  const resourceServer = TRANSFER_RESOURCE_SERVER;
  const key = {authUrl, clientId, resourceServer, scopes};
  const store = signIn.openStore ? await signIn.openStore(key) : createTokenStore(signIn.tokenDirectory, key);
  const {timeoutMs, backoffMs, askedPause: asked} = signIn;
  const fetch = async (wanted: readonly string[]) => {
    if (!credentials) throw noSecret();
    const {fetchClientToken} = await import('./token-grants.ts');
    return fetchClientToken({authUrl, timeoutMs, backoffMs, asked}, credentials, {scopes: wanted, resourceServer});
  };
  return {source: createTokenSource({store, fetch: () => fetch(scopes)}), store, clientId, credentials, fetch};
}

function noSecret(): SignInNeeded {
  return new SignInNeeded({
    what: 'Credentials for Globus are missing',
    why: 'the profile names no credentials file, and STAGE_CLIENT_ID and STAGE_CLIENT_SECRET do not reach this command; they never reach jobs',
    next: [
      'For jobs, name a file of mode 0600 under transfer: credentials: in the profile.',
      'Or set both variables, then type: stage login. The token lasts two days, for jobs too.',
    ],
  });
}
