import type {AskedPause} from '../base/asked-pause.ts';
import {explainCliLoginLapsed, explainCliRefused, GrantRefused} from './explain.ts';
import {type CliLogin, type CliStorage, readCliLogin} from './globus-cli-storage.ts';
import {type RememberingSource, rememberToken} from './token-source.ts';
import {isUsable, type StoredToken} from './token-store.ts';

export interface CliSourceSettings {
  readonly storage: CliStorage;
  readonly authUrl: string;
  readonly asked?: AskedPause | undefined;
  readonly resourceServer: string;
  readonly now: () => number;
}

/**
 * Tokens of an existing `globus login`: the stored access token while it lasts, then one that is fetched with the CLI's
 * client and refresh token and kept in memory. The CLI's storage is never written.
 */
export function createCliSource(settings: CliSourceSettings): RememberingSource {
  const {storage, authUrl, resourceServer, now} = settings;

  async function fetchAnother(rejected: string | undefined): Promise<StoredToken> {
    const login = await readCliLogin(storage); // read again: the CLI may have renewed it, or a person signed in again
    const stored = login.tokens.get(resourceServer);
    if (stored && isUsable(stored, rejected, now())) return stored;
    if (stored?.refreshToken === undefined)
      throw explainCliLoginLapsed(`it holds no refresh token for ${resourceServer}`);
    return refresh(login, stored.refreshToken);
  }

  async function refresh({client}: CliLogin, refreshToken: string): Promise<StoredToken> {
    const {refreshTokens, tokenFor} = await import('./token-grants.ts');
    const given = await refreshTokens({authUrl, asked: settings.asked}, client, refreshToken).catch(
      (error: unknown) => {
        throw error instanceof GrantRefused ? explainCliRefused(error) : error;
      },
    );
    const {accessToken, expiresAt, issuedAt} = tokenFor(resourceServer, given, authUrl);
    return {accessToken, expiresAt, issuedAt, refreshToken};
  }

  return rememberToken(fetchAnother, now);
}
