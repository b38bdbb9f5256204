import {sleep} from '../base/time.ts';
import {SignInNeeded, TransferUnreachable} from '../globus-errors.ts';
import {explainNotRenewed, explainRefreshRefused, GrantRefused} from './explain.ts';
import {generationOf, type RefreshClaims} from './refresh-claims.ts';
import type {GivenToken} from './token-grants.ts';
import {rememberToken, type TokenSource} from './token-source.ts';
import {isUsable, type StoredToken, type TokenStore} from './token-store.ts';

export interface RefreshingSettings {
  readonly store: TokenStore;
  readonly claims: RefreshClaims;
  /** ask Globus Auth with a refresh token. @throws {GrantRefused} {TransferUnreachable} */
  readonly refresh: (refreshToken: string) => Promise<GivenToken>;
  /** what a person types to sign in, such as `stage login --profile cluster` */
  readonly loginCommand: string;
  /** how long another process is waited for; longer than its turn lasts */
  readonly longestWaitMs: number;
  readonly pollMs: number;
  readonly now: () => number;
}

/**
 * Tokens of a person's sign-in: from memory, else from the store, else renewed by its refresh token.
 *
 * The process that has the turn renews, once; the others wait for what it stores. A refresh token may be good for one use
 * only, so two must not use it at once, and one whose answer was lost may be used up: then a person must sign in.
 */
export function createRefreshingSource(settings: RefreshingSettings): TokenSource {
  const {store, claims, refresh, loginCommand, longestWaitMs, pollMs, now} = settings;

  async function stored(): Promise<StoredToken> {
    const token = await store.read();
    if (token) return token;
    throw new SignInNeeded({
      what: 'You are not signed in to Globus',
      why: 'no tokens are stored for this profile',
      next: [`Sign in: ${loginCommand}`, 'Then run the same command again: nothing is lost.'],
    });
  }

  async function renewTogether(rejected: string | undefined): Promise<StoredToken> {
    const end = now() + longestWaitMs;
    for (;;) {
      const token = await stored();
      if (isUsable(token, rejected, now())) return token;
      const generation = generationOf(token);
      const turn = claims.take(generation);
      if (turn.kind === 'refused') throw explainNotRenewed(turn.why, loginCommand);
      if (turn.kind === 'mine') {
        const fresh = await renewAlone(generation, turn.release);
        if (fresh) return fresh;
      } else if (now() > end) {
        const asked = 'POST /v2/oauth2/token';
        throw new TransferUnreachable(asked, `${turn.by} has been renewing the sign-in for too long`);
      } else await sleep(pollMs);
    }
  }

  /** @returns undefined when the token turned out to have been renewed already */
  async function renewAlone(generation: string, release: () => void): Promise<StoredToken | undefined> {
    try {
      const old = await stored();
      // Read again now that it is our turn: another process may have stored the next one since.
      if (generationOf(old) !== generation) return undefined;
      if (old.refreshToken === undefined)
        throw explainNotRenewed('the sign-in came without a refresh token', loginCommand);
      const given = await refresh(old.refreshToken);
      const fresh: StoredToken = {
        ...old, // keeps who signed in
        accessToken: given.accessToken,
        expiresAt: given.expiresAt,
        issuedAt: given.issuedAt,
        refreshToken: given.refreshToken ?? old.refreshToken,
      };
      // A person may have signed out meanwhile, or in again: that counts.
      if (generationOf(await stored()) !== generation) return undefined;
      await store.write(fresh);
      claims.tidy(generation);
      return fresh;
    } catch (error) {
      if (!(error instanceof GrantRefused)) {
        release(); // it may pass: the next one may try at once
        throw error;
      }
      // A process that was thought dead may have been served while we asked.
      if (generationOf(await stored()) !== generation) return undefined;
      if (error.error === 'invalid_grant' && !error.demands) claims.refuse(generation, error.words);
      else release();
      throw explainRefreshRefused(error, loginCommand);
    }
  }

  return rememberToken(renewTogether, now);
}
