import * as z from 'zod/mini';
import {SignInNeeded, TransferUnreachable} from '../globus-errors.ts';
import {askAuth, inWords} from './auth-http.ts';

/** An identity, as Globus Auth speaks of it. */
export interface WhoIs {
  readonly id: string;
  readonly username: string;
  readonly name?: string;
  /** milliseconds since the epoch: when this identity last proved itself to its organisation */
  readonly authenticatedAt?: number;
}

/** Globus Auth API, "userinfo". */
const Userinfo = z.object({
  sub: z.string().check(z.minLength(1)),
  preferred_username: z.nullish(z.string()),
  name: z.nullish(z.string()),
  last_authentication: z.nullish(z.number()),
});

/**
 * Whose token it is. @param token for the resource server auth.globus.org
 *
 * @throws {SignInNeeded} when the token is not accepted
 * @throws {TransferUnreachable}
 */
export async function askWhoIs(authUrl: string, token: string): Promise<WhoIs> {
  const question = {authUrl, path: 'v2/oauth2/userinfo', bearer: token};
  const {status, body} = await askAuth(question);
  if (status === 401 || status === 403) throw new TokenRejected();
  const read = Userinfo.safeParse(body);
  if (status !== 200 || !read.success)
    throw new TransferUnreachable(inWords(question), `HTTP ${status} with nothing that tells who it is`);
  const {sub, preferred_username, name, last_authentication} = read.data;
  return {
    id: sub,
    username: preferred_username ?? sub,
    ...(name ? {name} : {}),
    ...(typeof last_authentication === 'number' ? {authenticatedAt: last_authentication * 1000} : {}),
  };
}

/** The token has been withdrawn, or has ended; another one may do. */
export class TokenRejected extends SignInNeeded {
  constructor() {
    super({
      what: 'Globus Auth does not accept the sign-in any more',
      why: 'its token was withdrawn or has ended',
      next: ['Sign in again: stage login'],
    });
  }
}
