import {StageError} from '../errors.ts';
import {lastsLongEnough, type StoredToken, type TokenStore} from './token-store.ts';

/** Where a caller gets the access token of one service from. */
export interface TokenSource {
  /** A token that is believed to be good. @throws {SignInNeeded} {TransferUnreachable} */
  token(): Promise<string>;
  /** Another token, after the service rejected this one. @throws {SignInNeeded} {TransferUnreachable} */
  renew(rejected: string): Promise<string>;
}

export interface TokenSourceSettings {
  readonly store: TokenStore;
  /** ask the sign-in service for a new token */
  readonly fetch: () => Promise<StoredToken>;
  /** milliseconds since the epoch */
  readonly now?: () => number;
}

/**
 * Tokens from memory, else from the store, else from the sign-in service.
 *
 * Processes do not wait for each other: with client credentials each may fetch a token of its own, all of them are
 * good, and the last one written is what the next process finds.
 */
export function createTokenSource({store, fetch, now = Date.now}: TokenSourceSettings): TokenSource {
  let held: StoredToken | undefined;
  let fetching: Promise<StoredToken> | undefined;

  const isGood = (candidate: StoredToken | undefined, rejected: string | undefined): candidate is StoredToken =>
    candidate !== undefined && candidate.accessToken !== rejected && lastsLongEnough(candidate, now());

  async function fetchOnce(): Promise<StoredToken> {
    const fresh = await fetch();
    try {
      await store.write(fresh);
    } catch (error) {
      // A token that the disk does not take is as good as another one; the next process fetches its own.
      if (error instanceof StageError) throw error;
    }
    return fresh;
  }

  async function good(rejected?: string): Promise<string> {
    if (isGood(held, rejected)) return held.accessToken;
    const stored = await store.read(); // another process may have renewed it meanwhile
    if (isGood(stored, rejected)) {
      held = stored;
      return stored.accessToken;
    }
    fetching ??= fetchOnce().finally(() => {
      fetching = undefined;
    });
    held = await fetching;
    return held.accessToken;
  }

  return {token: () => good(), renew: (rejected) => good(rejected)};
}
