import {oauthProblem} from '../http/problem.ts';
import type {Answer, Request} from '../http/request.ts';
import {consentPage} from './auth-pages.ts';
import type {AuthService} from './auth-service.ts';
import type {Identity} from './identities.ts';
import {readScopes} from './scopes.ts';
import {byServer} from './token-grants.ts';

const CODE_MS = 10 * 60_000;

export function askConsent(auth: AuthService, request: Request): Answer {
  return showPage(auth, request.query, readAuthorization(auth, request.query).redirectUri);
}

function showPage(auth: AuthService, parameters: URLSearchParams, to: URL, wrongCode = false): Answer {
  const {message, fitting} = readSession(auth, parameters);
  const sendsTo = to.host === new URL(auth.url()).host ? undefined : to.host;
  const page = {message, identities: fitting, codeFile: auth.signInCode.file, sendsTo, wrongCode};
  return {status: wrongCode ? 403 : 200, html: consentPage(parameters, page)};
}

/**
 * The person at the page has agreed. With the code that only the owner of this stand-in can read it is the owner: note what they allowed
 * and that they signed in, and send them back with a code for the client. One who has no identity of the kind that is
 * asked for goes back with an error.
 */
export function allow(auth: AuthService, form: URLSearchParams): Answer {
  const parameters = new URLSearchParams(form);
  parameters.delete('sign_in_code');
  const wanted = readAuthorization(auth, parameters);
  if (!auth.signInCode.matches(form.get('sign_in_code') ?? '')) {
    auth.log('a sign-in with a wrong sign-in code was refused');
    return showPage(auth, parameters, wanted.redirectUri, true);
  }
  const {fitting, policies, mfa} = readSession(auth, parameters);
  const chosen = parameters.get('identity');
  const as = chosen === null ? fitting[0] : fitting.find((one) => one.id === chosen);
  if (!as) return back(wanted.redirectUri, parameters, {error: 'access_denied'});
  const identity = auth.identities.setOf(as.id)[0]?.id ?? as.id;
  const {client} = wanted;
  auth.consents.grant({identity, client}, readScopes(parameters.get('scope') ?? ''));
  // Those who are asked for several identities sign in with each of them.
  const all = fitting.filter((one) => one === as || parameters.has('session_required_identities'));
  for (const one of all) auth.logins.note({identity, as: one.id, at: Date.now(), mfa, policies});
  auth.signedIn();
  const code = auth.tokens.issue({
    kind: 'code',
    identity,
    client,
    scopes: wanted.scopes,
    resourceServer: '',
    expiresAt: Date.now() + CODE_MS,
    redirectUri: parameters.get('redirect_uri') ?? undefined, // as it was written: it must come back so
    challenge: parameters.get('code_challenge') ?? undefined,
    state: parameters.get('state') ?? undefined,
    offline: parameters.get('access_type') === 'offline',
  });
  return back(wanted.redirectUri, parameters, {code});
}

function back(to: URL, parameters: URLSearchParams, found: Readonly<Record<string, string>>): Answer {
  const location = new URL(to);
  for (const [name, value] of Object.entries(found)) location.searchParams.set(name, value);
  const state = parameters.get('state');
  if (state !== null) location.searchParams.set('state', state);
  return {status: 302, location: location.href};
}

/** What the `session_…` parameters ask for, and who could do it. Source: Globus Auth API, "Authorization". */
function readSession(
  auth: AuthService,
  parameters: URLSearchParams,
): {message: string | null; fitting: Identity[]; policies: string[]; mfa: boolean} {
  const list = (name: string) => (parameters.get(name) ?? '').split(',').filter(Boolean);
  const identities = list('session_required_identities').map((one) => one.toLowerCase());
  const domains = list('session_required_single_domain').map((one) => one.toLowerCase());
  const hint = parameters.get('login_hint')?.toLowerCase();
  const isNamed = (one: Identity, names: readonly string[]) => names.includes(one.id) || names.includes(one.username);
  return {
    message: parameters.get('session_message'),
    policies: list('session_required_policies'),
    mfa: parameters.get('session_required_mfa')?.toLowerCase() === 'true',
    fitting: auth.identities
      .people()
      .filter((one) => identities.length === 0 || isNamed(one, identities))
      .filter((one) => domains.length === 0 || domains.includes(one.username.split('@')[1] ?? ''))
      .sort((one, other) => Number(isNamed(other, [hint ?? ''])) - Number(isNamed(one, [hint ?? '']))),
  };
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
  byServer(auth, parameters.get('scope') ?? '');
  const scopes = readScopes(parameters.get('scope') ?? '').map((scope) => scope.name);
  return {client, redirectUri: new URL(redirect), scopes};
}
