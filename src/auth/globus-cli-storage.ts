import {accessSync, constants, existsSync, statSync} from 'node:fs';
import {homedir} from 'node:os';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import * as z from 'zod/mini';
import {parseJson} from '../base/json.ts';
import {sleep} from '../base/time.ts';
import {SignInNeeded, TransferUnreachable} from '../globus-errors.ts';
import type {ClientCredentials} from './credentials.ts';
import {isPrivate} from './require-private.ts';
import type {StoredToken} from './token-store.ts';

/** What `globus login` left: the CLI's own client and the tokens of the person who signed in. */
export interface CliLogin {
  readonly client: ClientCredentials;
  /** identity id */
  readonly identity?: string;
  /** by resource server */
  readonly tokens: ReadonlyMap<string, StoredToken>;
}

export interface CliStorage {
  readonly file: string;
  /** `userprofile/production`, with `/NAME` for a profile of the CLI */
  readonly namespace: string;
}

/** Where the CLI of this user keeps its login. Source: globus-cli 3.41. */
export function cliStorage(env: NodeJS.ProcessEnv): CliStorage {
  const profile = env.GLOBUS_PROFILE ? `/${env.GLOBUS_PROFILE}` : '';
  return {
    file: path.join(env.HOME || homedir(), '.globus', 'cli', 'storage.db'),
    namespace: `userprofile/${env.GLOBUS_SDK_ENVIRONMENT || 'production'}${profile}`,
  };
}

const Token = z.object({
  access_token: z.string().check(z.minLength(1)),
  refresh_token: z.nullish(z.string()),
  expires_at_seconds: z.number(),
});
const Client = z.object({client_id: z.string(), client_secret: z.string()});
const User = z.object({sub: z.string()});

/**
 * Read the login of the globus CLI. Nothing is written to its file or beside it, and no lock is taken: the CLI never
 * waits for us.
 *
 * @throws {SignInNeeded} when there is no login, or others could read it
 * @throws {TransferUnreachable} while the CLI is writing
 */
export async function readCliLogin({file, namespace}: CliStorage): Promise<CliLogin> {
  if (!(await isPrivate(file, 'file', 'login of the globus CLI'))) throw notSignedIn(`there is no ${file}`);
  const rows = await readQuietly(file, namespace);
  const client = Client.safeParse(rows.config.get('auth_client_data'));
  const user = User.safeParse(rows.config.get('auth_user_data'));
  const tokens = [...rows.tokens].flatMap(([server, value]) => {
    const read = Token.safeParse(value);
    return read.success ? [[server, tokenOf(read.data)] as const] : [];
  });
  if (!client.success || tokens.length === 0) throw notSignedIn(`${file} holds no login in ${namespace}`);
  return {
    client: {clientId: client.data.client_id, clientSecret: client.data.client_secret},
    identity: user.data?.sub,
    tokens: new Map(tokens),
  };
}

function tokenOf(read: z.infer<typeof Token>): StoredToken {
  return {
    accessToken: read.access_token,
    expiresAt: read.expires_at_seconds * 1000,
    refreshToken: read.refresh_token || undefined,
  };
}

const TRIES = 20;

/** Read at a moment when no process writes: no journal beside the file, and the same file before and after. */
async function readQuietly(file: string, namespace: string): Promise<Rows> {
  for (let left = TRIES; left > 0; left--) {
    const before = quietState(file);
    const rows = before === undefined ? undefined : await readRows(file, namespace);
    if (before !== undefined && before === quietState(file)) {
      if (rows) return rows;
      // What SQLite says may quote a value, and the form of this file is the CLI's own affair.
      throw notSignedIn(`${file} does not have the known form (globus-cli 3.41)`);
    }
    await sleep(100);
  }
  throw new TransferUnreachable('the login of the globus CLI', `another program is writing ${file}`);
}

/** @returns undefined while a program is writing, or when one was killed while it wrote */
function quietState(file: string): string | undefined {
  const journals = ['-journal', '-wal'].filter((end) => existsSync(file + end) && statSync(file + end).size > 0);
  if (journals.length > 0) return undefined;
  accessSync(file, constants.R_OK); // SQLite would not say why it cannot be read
  const {ino, mtimeNs, size} = statSync(file, {bigint: true});
  return `${ino} ${mtimeNs} ${size}`;
}

interface Rows {
  readonly tokens: ReadonlyMap<string, unknown>;
  readonly config: ReadonlyMap<string, unknown>;
}

/** @returns undefined when it does not have the form of globus-cli 3.41, or changed while it was read */
async function readRows(file: string, namespace: string): Promise<Rows | undefined> {
  const {DatabaseSync} = await import('node:sqlite');
  // "immutable" is SQLite's word for: take no locks, and leave journals alone.
  const database = new DatabaseSync(new URL(`${pathToFileURL(file)}?immutable=1`), {readOnly: true});
  try {
    const pairs = (question: string) =>
      new Map(
        database
          .prepare(question)
          .all(namespace)
          .map(({name, text}) => [String(name), parseJson(String(text))]),
      );
    return {
      tokens: pairs('SELECT resource_server AS name, token_data_json AS text FROM token_storage WHERE namespace = ?'),
      config: pairs('SELECT config_name AS name, config_data_json AS text FROM config_storage WHERE namespace = ?'),
    };
  } catch {
    return undefined;
  } finally {
    database.close();
  }
}

function notSignedIn(why: string): SignInNeeded {
  return new SignInNeeded({
    what: 'The globus CLI is not signed in',
    why,
    next: ['Sign in with it: globus login', 'Then run the same command again: nothing is lost.'],
  });
}
