import type {AskedPause} from '../base/asked-pause.ts';
import {type ClientTokens, createClientTokenSource} from './client-credentials.ts';
import type {ClientCredentials} from './credentials.ts';
import type {TokenSource} from './token-source.ts';
import {createTokenStore, nameOfKey, type StoredToken, type TokenKey, type TokenStore} from './token-store.ts';

/** How one profile signs in to Globus, and where its tokens are kept. */
export interface SignInSettings {
  readonly method: 'native-app' | 'client' | 'globus-cli';
  readonly authUrl: string;
  /** of the native app; or of the client whose secret is elsewhere */
  readonly clientId?: string | undefined;
  readonly credentialsFile?: string | undefined;
  /** from the environment; wins over the file */
  readonly credentials?: ClientCredentials | undefined;
  /** scopes of the profile instead of that of Transfer */
  readonly scopes?: readonly string[] | undefined;
  /** what Globus Auth has asked all processes to wait for, where that is kept */
  readonly askedPause?: AskedPause | undefined;
  readonly tokenStore: 'file' | 'keyring';
  /** of token files; turns at renewing lie there in any case */
  readonly tokenDirectory: string;
  /** what a person types to sign in */
  readonly loginCommand: string;
}

/** Tokens as a profile's way to sign in gives them, and what is known of the one in use. */
export interface OpenTokens extends TokenSource {
  current(): Promise<StoredToken | undefined>;
}

/** Longest time of one renewal: two tries of 20 s, one of which may hang in connecting, and the pause between. */
const REFRESH = {timeoutMs: 20_000, retries: 1, backoffMs: 500};
const STALE_MS = 60_000;
const LONGEST_WAIT_MS = 90_000;
const POLL_MS = 150;

/** Tokens for one resource server. Nothing is read or asked before the first token is wanted. */
export async function openTokens(settings: SignInSettings, resourceServer: string): Promise<OpenTokens> {
  if (settings.method === 'client') return openClientTokens(settings);
  if (settings.method === 'native-app') return openNativeTokens(settings, resourceServer);
  const {createCliSource} = await import('./globus-cli-source.ts');
  const {cliStorage} = await import('./globus-cli-storage.ts');
  const {authUrl} = settings;
  const storage = cliStorage(process.env);
  const source = createCliSource({storage, authUrl, asked: settings.askedPause, resourceServer, now: Date.now});
  return {...source, current: async () => source.current()};
}

export function openClientTokens(settings: SignInSettings): ClientTokens {
  return createClientTokenSource({...settings, openStore: (key) => openStore(settings, key)});
}

async function openNativeTokens(settings: SignInSettings, resourceServer: string): Promise<OpenTokens> {
  const {createRefreshingSource} = await import('./refreshing-source.ts');
  const {createRefreshClaims} = await import('./refresh-claims.ts');
  const {authUrl, clientId = '', tokenDirectory, loginCommand} = settings;
  const key = nativeKey(settings, resourceServer);
  const store = await openStore(settings, key);
  const now = Date.now;
  const source = createRefreshingSource({
    store,
    claims: createRefreshClaims({directory: tokenDirectory, name: nameOfKey(key), staleMs: STALE_MS, now}),
    async refresh(refreshToken) {
      const {refreshTokens, tokenFor} = await import('./token-grants.ts');
      const given = await refreshTokens({authUrl, asked: settings.askedPause, ...REFRESH}, clientId, refreshToken);
      return tokenFor(resourceServer, given, authUrl);
    },
    loginCommand,
    longestWaitMs: LONGEST_WAIT_MS,
    pollMs: POLL_MS,
    now,
  });
  return {...source, current: () => store.read()};
}

/** What a person's sign-in is filed under: whatever it may do, the next one takes its place. */
export function nativeKey({authUrl, clientId = ''}: SignInSettings, resourceServer: string): TokenKey {
  return {authUrl, clientId, resourceServer, scopes: []};
}

export async function openStore(settings: SignInSettings, key: TokenKey): Promise<TokenStore> {
  if (settings.tokenStore === 'file') return createTokenStore(settings.tokenDirectory, key);
  const {createKeyringStore} = await import('./keyring-store.ts');
  return createKeyringStore(key);
}
