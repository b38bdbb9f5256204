import {createHash} from 'node:crypto';
import {readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import {NOT_COMPILED, parseJson} from '../base/json.ts';
import {ensureDirectory} from '../disk/directories.ts';
import {writePrivate} from '../disk/private-file.ts';
import {isPrivate} from './require-private.ts';

export interface StoredToken {
  readonly accessToken: string;
  /** milliseconds since the epoch */
  readonly expiresAt: number;
  /** when it was asked for; unknown for one that another program keeps */
  readonly issuedAt?: number;
  /** of a person's sign-in: what gets the next access token */
  readonly refreshToken?: string;
  /** of a person's sign-in; stays the same while tokens are renewed */
  readonly signIn?: SignInFacts;
}

/** Renew this long before the end, as Globus's own clients do: a token must outlive the request it is sent with. */
const EARLY_MS = 60_000;

/** Whether a token may still be used. One that lives for minutes alone is renewed when a tenth of its life is left. Pure. */
export function lastsLongEnough({expiresAt, issuedAt}: StoredToken, now: number): boolean {
  const earlyMs = issuedAt === undefined ? EARLY_MS : Math.min(EARLY_MS, (expiresAt - issuedAt) / 10);
  return expiresAt - earlyMs > now;
}

/** Whether a token may still be used, and is not the one that the service has rejected. Pure. */
export function isUsable(token: StoredToken, rejected: string | undefined, now: number): boolean {
  return token.accessToken !== rejected && lastsLongEnough(token, now);
}

/** Who signed in, and when. No secrets. */
export interface SignInFacts {
  readonly identity: string;
  readonly username: string;
  /** milliseconds since the epoch: when a person last proved who they are. Renewing tokens does not prove it again */
  readonly authenticatedAt: number;
  readonly scopes: readonly string[];
}

/** What a token is good for: one client at one sign-in service, for one resource server and set of scopes. */
export interface TokenKey {
  readonly authUrl: string;
  readonly clientId: string;
  readonly resourceServer: string;
  /** empty for a person's sign-in: one takes the place of the other, whatever each may do */
  readonly scopes: readonly string[];
}

export interface TokenStore {
  /** The token kept last, expired or not; nothing when there is none or it cannot be understood.
   *  @throws {SignInNeeded} when others could read it; the system's error when the disk does not answer */
  read(): Promise<StoredToken | undefined>;
  /** Keep a token in place of the last one. @throws {SignInNeeded} when others could read it */
  write(token: StoredToken): Promise<void>;
  /** @returns false when there was none */
  remove(): Promise<boolean>;
}

const TokenFile = z.object({
  key: z.string(),
  access_token: z.string(),
  expires_at: z.number(),
  issued_at: z.optional(z.number()),
  refresh_token: z.optional(z.string()),
  sign_in: z.optional(
    z.object({
      identity: z.string(),
      username: z.string(),
      authenticatedAt: z.number(),
      scopes: z.array(z.string()),
    }),
  ),
});

/** A key as text, to compare and to make a name of. Not secret. */
function keyText(of: TokenKey): string {
  return JSON.stringify([of.authUrl, of.clientId, of.resourceServer, [...of.scopes].sort()]);
}

/** A short name for a key, such as a file can bear. */
export function nameOfKey(of: TokenKey): string {
  return createHash('sha256').update(keyText(of)).digest('hex').slice(0, 16);
}

/** A token as text, for one key. */
export function writeToken(of: TokenKey, token: StoredToken): string {
  return JSON.stringify({
    key: keyText(of),
    access_token: token.accessToken,
    expires_at: token.expiresAt,
    issued_at: token.issuedAt,
    refresh_token: token.refreshToken,
    sign_in: token.signIn,
  });
}

/** @returns undefined for what is no token of this key: as good as none */
export function readToken(of: TokenKey, text: string): StoredToken | undefined {
  const read = TokenFile.safeParse(parseJson(text), NOT_COMPILED);
  if (!read.success || read.data.key !== keyText(of)) return undefined;
  const {access_token, expires_at, issued_at, refresh_token, sign_in} = read.data;
  return {
    accessToken: access_token,
    expiresAt: expires_at,
    issuedAt: issued_at,
    refreshToken: refresh_token,
    signIn: sign_in,
  };
}

/**
 * Tokens in a directory of mode 0700, one file of mode 0600 for each key, since jobs on other nodes must read them too.
 * A file is replaced by renaming, so that a reader sees the old token or the new one and never half of one.
 */
export function createTokenStore(directory: string, of: TokenKey): TokenStore {
  const file = path.join(directory, `token-${nameOfKey(of)}.json`);
  const isThere = async () =>
    (await isPrivate(directory, 'directory', 'directory of tokens')) && (await isPrivate(file, 'file', 'token file'));

  return {
    async read() {
      if (!(await isThere())) return undefined;
      const text = await readFile(file, 'utf8').catch(unlessGone);
      return text === undefined ? undefined : readToken(of, text);
    },

    async write(token) {
      ensureDirectory(directory);
      await isPrivate(directory, 'directory', 'directory of tokens');
      writePrivate(file, writeToken(of, token));
    },

    async remove() {
      if (!(await isThere())) return false;
      await rm(file, {force: true});
      return true;
    },
  };
}

/** The person signed out this moment. A disk that does not answer says nothing of a sign-in. @throws the system's error */
function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
