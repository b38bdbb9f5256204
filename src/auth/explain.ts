import * as z from 'zod/mini';
import {SignInNeeded} from '../globus-errors.ts';
import type {Answer} from './globus-request.ts';

/** Globus Auth answered, and gave no token. `error` is OAuth's word, such as `invalid_grant`. */
export class GrantRefused extends Error {
  readonly error: string;
  /** what it said, to be quoted */
  readonly words: string;
  constructor(error: string, description: string | undefined) {
    super(`Globus Auth said ${error}`);
    this.error = error;
    this.words = `Globus Auth said ${error}${description ? `: "${description}"` : ''}`;
  }
}

/** RFC 6749, section 5.2. */
const OAuthError = z.object({error: z.string(), error_description: z.optional(z.string())});

/** What Globus Auth refused a token with; undefined for an answer that has no word of OAuth in it. Pure. */
export function readRefusal({body}: Answer): GrantRefused | undefined {
  const read = OAuthError.safeParse(body);
  return read.success ? new GrantRefused(read.data.error, read.data.error_description) : undefined;
}

/** Why a client got no token, and what its owner can do. */
export function explainClientRefused({error, words}: GrantRefused, clientId: string): SignInNeeded {
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
  {error, words}: GrantRefused,
  {clientId, loginCommand}: {readonly clientId: string; readonly loginCommand: string},
): SignInNeeded {
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
