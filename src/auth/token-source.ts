import {StageError} from '../errors.ts';
import {isUsable, type StoredToken, type TokenStore} from './token-store.ts';

/** Where a caller gets the access token of one service from. */
export interface TokenSource {
  /** A token that is believed to be good. @throws {SignInNeeded} {TransferUnreachable} */
  token(): Promise<string>;
  /** Another token, after the service rejected this one. @throws {SignInNeeded} {TransferUnreachable} */
  renew(rejected: string): Promise<string>;
}

/** A source, and the token that it remembers. */
export interface RememberingSource extends TokenSource {
  /** nothing before the first token was wanted */
  current(): StoredToken | undefined;
}

/**
 * A source that remembers its token, and gets another one once for all who ask meanwhile.
 *
 * @param next a token that is not the rejected one
 * @param now  milliseconds since the epoch
 */
export function rememberToken(
  next: (rejected: string | undefined) => Promise<StoredToken>,
  now: () => number,
): RememberingSource {
  let held: StoredToken | undefined;
  let getting: Promise<StoredToken> | undefined;

  async function good(rejected?: string): Promise<string> {
    for (;;) {
      if (held && isUsable(held, rejected, now())) return held.accessToken;
      const mine = getting === undefined;
      getting ??= next(rejected).finally(() => {
        getting = undefined;
      });
      held = await getting;
      if (mine) return held.accessToken; // what another caller waited for may be the very token that was rejected here
    }
  }

  return {token: () => good(), renew: (rejected) => good(rejected), current: () => held};
}

export interface TokenSourceSettings {
  readonly store: TokenStore;
  /** ask the sign-in service for a new token */
  readonly fetch: () => Promise<StoredToken>;
  /** milliseconds since the epoch */
  readonly now?: (() => number) | undefined;
}

/**
 * Tokens from memory, else from the store, else from the sign-in service.
 *
 * Processes do not wait for each other: with client credentials each may fetch a token of its own, all of them are
 * good, and the last one written is what the next process finds.
 */
export function createTokenSource({store, fetch, now = Date.now}: TokenSourceSettings): TokenSource {
  return rememberToken(async (rejected) => {
    const stored = await store.read(); // another process may have renewed it meanwhile
    if (stored && isUsable(stored, rejected, now())) return stored;
    const fresh = await fetch();
    try {
      await store.write(fresh);
    } catch (error) {
      // A token that the disk does not take is as good as another one; the next process fetches its own.
      if (error instanceof StageError) throw error;
    }
    return fresh;
  }, now);
}
