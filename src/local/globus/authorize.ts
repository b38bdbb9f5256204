import {consentPage} from './auth-pages.ts';
import type {AuthService} from './auth-service.ts';
import type {Answer, Request} from './http-server.ts';
import {oauthProblem} from './problem.ts';
import {readScopes} from './scopes.ts';
import {byServer} from './token-grants.ts';

const CODE_MS = 10 * 60_000;

/** A browser is asked; a program that follows redirects is taken for the person who would have clicked. */
export function askConsent(auth: AuthService, request: Request): Answer {
  readAuthorization(auth, request.query);
  if (!(request.headers.accept ?? '').includes('text/html')) return redirectWithCode(auth, request.query);
  return {status: 200, html: consentPage(auth.identities.user.username, request.query)};
}

export function redirectWithCode(auth: AuthService, parameters: URLSearchParams): Answer {
  const wanted = readAuthorization(auth, parameters);
  const code = auth.tokens.issue({
    kind: 'code',
    identity: auth.identities.user.id,
    client: wanted.client,
    scopes: wanted.scopes,
    resourceServer: '',
    expiresAt: Date.now() + CODE_MS,
    redirectUri: parameters.get('redirect_uri') ?? undefined, // as it was written: it must come back so
    challenge: parameters.get('code_challenge') ?? undefined,
    offline: parameters.get('access_type') === 'offline',
  });
  const location = new URL(wanted.redirectUri);
  location.searchParams.set('code', code);
  const state = parameters.get('state');
  if (state !== null) location.searchParams.set('state', state);
  return {status: 302, location: location.href};
}

function readAuthorization(
  auth: AuthService,
  parameters: URLSearchParams,
): {client: string; redirectUri: URL; scopes: string[]} {
  const client = parameters.get('client_id');
  const redirect = parameters.get('redirect_uri') ?? '';
  if (!client) throw oauthProblem('invalid_request', 'client_id is missing');
  if (parameters.get('response_type') !== 'code')
    throw oauthProblem('unsupported_response_type', 'only "code" is known');
  if (!URL.canParse(redirect) || !/^https?:$/.test(new URL(redirect).protocol)) {
    throw oauthProblem('invalid_request', `redirect_uri is not a web address: '${redirect}'`);
  }
  const challenge = parameters.get('code_challenge');
  if (challenge !== null && parameters.get('code_challenge_method') !== 'S256') {
    throw oauthProblem('invalid_request', 'code_challenge_method must be S256');
  }
  if (challenge === null && !auth.identities.isConfidential(client)) {
    throw oauthProblem('invalid_request', 'a native client must send a code_challenge');
  }
  byServer(parameters.get('scope') ?? '');
  const scopes = readScopes(parameters.get('scope') ?? '').map((scope) => scope.name);
  return {client, redirectUri: new URL(redirect), scopes};
}
