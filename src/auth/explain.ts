import * as z from 'zod/mini';
import {SignInNeeded} from '../globus-errors.ts';
import {adviseSignIn, type SignInWay} from './advise-sign-in.ts';
import type {Answer} from './globus-request.ts';
import {type Demands, readDemands, readError} from './read-error.ts';

/** Globus Auth answered, and gave no token. `error` is OAuth's word, such as `invalid_grant`. */
export class GrantRefused extends Error {
  readonly error: string;
  /** what it said, to be quoted */
  readonly words: string;
  /** what a person has to do first, where it says so: a consent, or a sign-in of another kind */
  readonly demands: Demands | undefined;
  constructor(error: string, description: string | undefined, demands?: Demands) {
    super(`Globus Auth said ${error}`);
    this.error = error;
    this.words = `Globus Auth said ${error}${description ? `: "${description}"` : ''}`;
    this.demands = demands;
  }
}

/** RFC 6749, section 5.2. */
const OAuthError = z.object({error: z.string(), error_description: z.catch(z.optional(z.string()), undefined)});

/**
 * What Globus Auth refused a token with, in OAuth's form or in that of other Globus services, a list of errors. Pure.
 *
 * @returns undefined for an answer that has no word of either in it, and for a list of errors of its own making
 */
export function readRefusal({body, status}: Answer): GrantRefused | undefined {
  const demands = readDemands(body);
  const word = OAuthError.safeParse(body);
  if (word.success) return new GrantRefused(word.data.error, word.data.error_description, demands);
  const error = status < 500 && status !== 429 ? readError(body) : undefined;
  return error && new GrantRefused(error.code, error.message, demands);
}

/** What a person has to do before Globus Auth gives this token, and the command that does it. */
function explainDemanded({demands, words}: GrantRefused, way: SignInWay): SignInNeeded | undefined {
  if (!demands) return undefined;
  const {message, scopes} = demands;
  return new SignInNeeded({
    what: `Globus Auth requires ${scopes.length > 0 ? 'a consent' : 'another sign-in'} before it gives a token`,
    why: [message, words, scopes.length > 0 ? `It requires ${scopes.join(' ')}` : ''].filter(Boolean).join('. '),
    next: [...adviseSignIn(demands, way), 'Then run the same command again: nothing is lost.'],
  });
}

/** Why a client got no token, and what its owner can do. */
export function explainClientRefused(refused: GrantRefused, clientId: string): SignInNeeded {
  const {error, words} = refused;
  const demanded = explainDemanded(refused, {login: 'stage login', method: 'client'});
  if (demanded) return demanded;
  if (error === 'invalid_client' || error === 'unauthorized_client')
    return new SignInNeeded({
      what: `Globus Auth does not accept the client ${clientId}`,
      why: `its id or secret is wrong, or was withdrawn. ${words}`,
      next: [
        'See the client and make a new secret: https://app.globus.org/settings/developers',
        'Write both into the credentials file.',
      ],
    });
  return new SignInNeeded({
    what: `Globus Auth gave no token to the client ${clientId}`,
    why: words,
    next:
      error === 'invalid_scope'
        ? ['Correct the scopes in the profile.']
        : ['See the client at https://app.globus.org/settings/developers'],
  });
}

/** Why the code that a person brought from the page was not taken. */
export function explainCodeRefused(
  refused: GrantRefused,
  {clientId, loginCommand}: {readonly clientId: string; readonly loginCommand: string},
): SignInNeeded {
  const {error, words} = refused;
  const demanded = explainDemanded(refused, {login: loginCommand, method: 'native-app'});
  if (demanded) return demanded;
  if (error === 'invalid_grant')
    return new SignInNeeded({
      what: 'Globus Auth does not accept the authorization code',
      why: `it was pasted incompletely, used before, or is older than ten minutes. ${words}`,
      next: [`Sign in again, and paste the whole code: ${loginCommand}`],
    });
  return new SignInNeeded({
    what: `Globus Auth does not accept the app ${clientId}`,
    why: words,
    next: [
      'See that it is registered as a native app ("thick client"): https://app.globus.org/settings/developers',
      'Correct transfer: client_id: in the profile.',
    ],
  });
}

/** A person's sign-in gives no new access token any more. @param why what Globus Auth said, or what is missing */
export function explainNotRenewed(why: string, loginCommand: string): SignInNeeded {
  return new SignInNeeded({
    what: 'The sign-in to Globus cannot be renewed',
    why: `${why}. It was withdrawn, was not used for six months, or its renewal was interrupted before the answer was stored`,
    next: [`Sign in again: ${loginCommand}`, 'Then run the same command again: nothing is lost.'],
  });
}

/** Why a person's refresh token gave no token. */
export function explainRefreshRefused(refused: GrantRefused, loginCommand: string): SignInNeeded {
  const demanded = explainDemanded(refused, {login: loginCommand, method: 'native-app'});
  return demanded ?? explainNotRenewed(refused.words, loginCommand);
}

/** Why the refresh token of the globus CLI gave no token. */
export function explainCliRefused(refused: GrantRefused): SignInNeeded {
  return explainDemanded(refused, {login: '', method: 'globus-cli'}) ?? explainCliLoginLapsed(refused.words);
}

/** The login that the globus CLI keeps gives no new access token any more. @param why as above */
export function explainCliLoginLapsed(why: string): SignInNeeded {
  return new SignInNeeded({
    what: 'The login of the globus CLI is not accepted any more',
    why,
    next: ['Sign in with it again: globus login --force', 'Then run the same command again: nothing is lost.'],
  });
}

/** The access token has been withdrawn, or has ended; another one may do. */
export class TokenRejected extends SignInNeeded {
  constructor() {
    super({
      what: 'Globus Auth does not accept the sign-in any more',
      why: 'its token was withdrawn or has ended',
      next: ['Sign in again: stage login'],
    });
  }
}
