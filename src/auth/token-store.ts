import {createHash, randomBytes} from 'node:crypto';
import {chmod, mkdir, open, readFile, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import {isPrivate} from './private-file.ts';

export interface StoredToken {
  readonly accessToken: string;
  /** milliseconds since the epoch */
  readonly expiresAt: number;
}

/** What a token is good for: one client at one sign-in service, for one resource server and set of scopes. */
export interface TokenKey {
  readonly authUrl: string;
  readonly clientId: string;
  readonly resourceServer: string;
  readonly scopes: readonly string[];
}

export interface TokenStore {
  /** The token kept last, expired or not; nothing when there is none or it cannot be understood. @throws {SignInNeeded} when others could read it */
  read(): Promise<StoredToken | undefined>;
  /** Keep a token in place of the last one. @throws {SignInNeeded} when others could read it */
  write(token: StoredToken): Promise<void>;
}

const TokenFile = z.object({
  key: z.string(),
  access_token: z.string(),
  expires_at: z.number(),
});

/**
 * Tokens in a directory of mode 0700, one file of mode 0600 for each key, since jobs on other nodes must read them too.
 * A file is replaced by renaming, so that a reader sees the old token or the new one and never half of one.
 */
export function createTokenStore(directory: string, of: TokenKey): TokenStore {
  const key = JSON.stringify([of.authUrl, of.clientId, of.resourceServer, [...of.scopes].sort()]);
  const file = path.join(directory, `token-${createHash('sha256').update(key).digest('hex').slice(0, 16)}.json`);

  return {
    async read() {
      if (!(await isPrivate(directory, 'directory', 'directory of tokens'))) return undefined;
      if (!(await isPrivate(file, 'file', 'token file'))) return undefined;
      const read = TokenFile.safeParse(parsed(await readFile(file, 'utf8').catch(() => '')));
      if (!read.success || read.data.key !== key) return undefined; // as good as none: a new one is fetched and kept
      return {accessToken: read.data.access_token, expiresAt: read.data.expires_at};
    },

    async write(token) {
      await mkdir(directory, {recursive: true, mode: 0o700});
      await isPrivate(directory, 'directory', 'directory of tokens');
      const text = JSON.stringify({key, access_token: token.accessToken, expires_at: token.expiresAt});
      const temporary = `${file}.${randomBytes(6).toString('hex')}`;
      try {
        await writeSynced(temporary, text);
        await rename(temporary, file);
      } catch (error) {
        await rm(temporary, {force: true});
        throw error;
      }
    },
  };
}

async function writeSynced(name: string, text: string): Promise<void> {
  const handle = await open(name, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(name, 0o600); // some file systems of clusters give new files a mode of their own
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the message of the error would quote the text, which is a secret
  }
}
