import {AUTH_RESOURCE_SERVER, TRANSFER_RESOURCE_SERVER} from './authorize.ts';
import type {NativeTokens} from './native-login.ts';
import {nativeKey, openStore, type SignInSettings} from './open-tokens.ts';
import {createRefreshClaims} from './refresh-claims.ts';
import {nameOfKey, type StoredToken} from './token-store.ts';

const SERVERS = [TRANSFER_RESOURCE_SERVER, AUTH_RESOURCE_SERVER] as const;

/** The kept tokens of a person's sign-in. */
export interface NativeSignIn {
  /** of Transfer, expired or not */
  read(): Promise<StoredToken | undefined>;
  /** Keep these in place of the ones before, and with them the right to be renewed. */
  keep(tokens: NativeTokens): Promise<void>;
  /** all tokens that could be withdrawn */
  all(): Promise<StoredToken[]>;
  /** @returns whether there was anything */
  forget(): Promise<boolean>;
}

export function openNativeSignIn(settings: SignInSettings): NativeSignIn {
  const at = async (server: (typeof SERVERS)[number]) => {
    const key = nativeKey(settings, server);
    const directory = settings.tokenDirectory;
    const claims = createRefreshClaims({directory, name: nameOfKey(key), staleMs: 0, now: Date.now});
    return {store: await openStore(settings, key), claims};
  };
  return {
    read: async () => (await at(TRANSFER_RESOURCE_SERVER)).store.read(),

    async keep(tokens) {
      for (const server of SERVERS) {
        const {store, claims} = await at(server);
        await store.write(tokens[server]);
        claims.removeAll(); // they belong to the tokens before
      }
    },

    async all() {
      const kept = await Promise.all(SERVERS.map(async (server) => (await at(server)).store.read()));
      return kept.filter((token) => token !== undefined);
    },

    async forget() {
      let any = false;
      for (const server of SERVERS) {
        const {store, claims} = await at(server);
        any = (await store.remove()) || any;
        claims.removeAll();
      }
      return any;
    },
  };
}
