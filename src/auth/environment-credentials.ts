import {RequestWrong} from '../errors.ts';
import type {ClientCredentials} from './credentials-file.ts';

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
    why: `${clientId ? 'STAGE_CLIENT_ID' : 'STAGE_CLIENT_SECRET'} is set, and one is worth nothing without the other`,
    next: ['Set both, or unset both to sign in as the profile says.'],
  });
}
