import {readFile} from 'node:fs/promises';
import * as z from 'zod/mini';
import {NOT_COMPILED, parseJson} from '../base/json.ts';
import {RequestWrong} from '../errors.ts';
import {SignInNeeded} from '../globus-errors.ts';
import {isPrivate} from './require-private.ts';

/** The id and secret of a client that is registered at Globus. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

const CredentialsFile = z.object({
  client_id: z.string().check(z.minLength(1)),
  client_secret: z.string().check(z.minLength(1)),
});

/** @throws {SignInNeeded} when the file is missing, open to others, or not what it should be; its contents are never quoted */
export async function readCredentials(file: string): Promise<ClientCredentials> {
  if (!(await isPrivate(file, 'file', 'credentials file')))
    throw new SignInNeeded({
      what: `The credentials file ${file} does not exist`,
      why: 'the profile names it as the place of the Globus client id and secret',
      next: HOW_TO_MAKE_ONE(file),
    });
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new SignInNeeded({
      what: `The credentials file ${file} cannot be read`,
      why: error.code ?? 'unknown reason',
      next: [`Look at it: ls -l ${file}`],
    });
  });
  const read = CredentialsFile.safeParse(parseJson(text), NOT_COMPILED);
  if (read.success) return {clientId: read.data.client_id, clientSecret: read.data.client_secret};
  throw new SignInNeeded({
    what: `The credentials file ${file} cannot be understood`,
    why: 'it must be a JSON object with the two texts "client_id" and "client_secret"',
    next: HOW_TO_MAKE_ONE(file),
  });
}

const HOW_TO_MAKE_ONE = (file: string): string[] => [
  'Register a client ("service account") at https://app.globus.org/settings/developers',
  `Write {"client_id": "…", "client_secret": "…"} into ${file}, then: chmod 600 ${file}`,
];

/**
 * `STAGE_CLIENT_ID` and `STAGE_CLIENT_SECRET`, both or neither. The secret is taken out of the environment, so that no
 * command that is started from here, and no job that a site's qsub hands its environment to, gets it.
 *
 * @throws {RequestWrong} when one of the two is missing
 */
export function takeEnvironmentCredentials(env: NodeJS.ProcessEnv): ClientCredentials | undefined {
  const {STAGE_CLIENT_ID: clientId, STAGE_CLIENT_SECRET: clientSecret} = env;
  delete env.STAGE_CLIENT_SECRET;
  if (!clientId && !clientSecret) return undefined;
  if (clientId && clientSecret) return {clientId, clientSecret};
  throw new RequestWrong(`${clientId ? 'STAGE_CLIENT_SECRET' : 'STAGE_CLIENT_ID'} is not set`, {
    code: 'NO_CREDENTIALS',
    why: `${clientId ? 'STAGE_CLIENT_ID' : 'STAGE_CLIENT_SECRET'} is set, and both are needed`,
    next: ['Set both, or unset both to sign in as the profile says.'],
  });
}
