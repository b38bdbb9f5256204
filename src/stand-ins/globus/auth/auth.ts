import {z} from 'zod';
import {AuthProblem, oauthProblem, unauthorized} from '../http/problem.ts';
import type {Answer, Request} from '../http/request.ts';
import type {Grant} from '../store/token-store.ts';
import {authCodePage} from './auth-pages.ts';
import {type AuthService, identityClaims, PROVIDER, requireClient} from './auth-service.ts';
import {allow, askConsent} from './authorize.ts';
import type {Identity} from './identities.ts';
import {AUTH_SERVER} from './scopes.ts';
import {grantTokens} from './token-grants.ts';

/*
 * Globus Auth as its clients use it. Source: Globus Auth API; requests and answers of globus-cli 3.41,
 * globus-sdk-python 4.3 and @globus/sdk 6.2.
 */

/** @returns undefined when the path is none of Auth's */
export function routeAuth(auth: AuthService, request: Request): Promise<Answer> | undefined {
  const {method, path} = request;
  const consents = /^\/v2\/api\/identities\/([^/]+)\/consents$/.exec(path);
  if (consents) return method === 'GET' ? listConsents(auth, request, consents[1] ?? '') : undefined;
  const identity = method === 'GET' ? /^\/v2\/api\/identities\/([^/]+)$/.exec(path) : null;
  if (identity) return Promise.resolve().then(() => ok(showIdentity(auth, request, identity[1] ?? '')));
  switch (`${method} ${path}`) {
    case 'POST /v2/oauth2/token':
      return grantTokens(auth, request);
    case 'POST /v2/oauth2/token/introspect':
      return introspect(auth, request);
    case 'POST /v2/oauth2/token/revoke':
      return revoke(auth, request);
    case 'POST /v2/oauth2/token/validate':
      return validate(auth, request);
    case 'GET /v2/oauth2/userinfo':
      return Promise.resolve().then(() => ok(userinfo(auth, request)));
    case 'GET /v2/oauth2/authorize':
      return Promise.resolve().then(() => askConsent(auth, request));
    case 'POST /v2/oauth2/authorize':
      return request.form().then((form) => allow(auth, form));
    case 'GET /v2/web/auth-code':
      return Promise.resolve({status: 200, html: authCodePage(request.query.get('code') ?? '')});
    case 'GET /v2/api/identities':
      return Promise.resolve().then(() => ok(findIdentities(auth, request)));
    case 'POST /v2/api/clients':
      return registerClient(auth, request);
    case 'GET /.well-known/openid-configuration':
      return Promise.resolve(ok(openidConfiguration(auth)));
    case 'GET /jwk.json':
      return auth.signer.keys().then(ok);
    default:
      return undefined;
  }
}

const ok = (document: unknown): Answer => ({status: 200, document});

async function validate(auth: AuthService, request: Request): Promise<Answer> {
  if (request.headers.authorization) requireClient(auth, request);
  const form = await request.form();
  const grant = auth.tokens.find(form.get('token') ?? '');
  return ok({active: grant !== undefined && grant.kind !== 'code'});
}

/** A native client names itself and shows no secret; a revoke without a token is let through, as logout needs. */
async function revoke(auth: AuthService, request: Request): Promise<Answer> {
  const form = await request.form();
  const client = request.headers.authorization ? requireClient(auth, request) : form.get('client_id');
  if (!client) throw oauthProblem('invalid_client', 'Client authentication failed', 401);
  const token = form.get('token');
  if (token) auth.tokens.revoke(token);
  return ok({active: false});
}

async function introspect(auth: AuthService, request: Request): Promise<Answer> {
  requireClient(auth, request);
  const form = await request.form();
  const grant = auth.tokens.find(form.get('token') ?? '');
  if (!grant || grant.kind === 'code') return ok({active: false});
  const identity = auth.identities.get(grant.identity) ?? auth.identities.user;
  const include = (form.get('include') ?? '').split(',');
  return ok({
    active: true,
    token_type: 'Bearer',
    scope: grant.scopes.join(' '),
    client_id: grant.client,
    sub: identity.id,
    username: identity.username,
    name: identity.name,
    email: identity.email,
    aud: [grant.resourceServer, grant.client],
    iss: auth.url().replace(/\/$/, ''),
    iat: Math.floor(grant.issuedAt / 1000),
    nbf: Math.floor(grant.issuedAt / 1000),
    exp: Math.floor(grant.expiresAt / 1000),
    ...(include.includes('identity_set')
      ? {identity_set: auth.identities.setOf(identity.id).map((one) => one.id)}
      : {}),
    ...(include.includes('session_info')
      ? {
          session_info: {
            session_id: null,
            authentications: Object.fromEntries(
              auth.logins
                .of(identity.id)
                .map(({as, at, mfa}) => [
                  as,
                  {auth_time: Math.floor(at / 1000), idp: PROVIDER, acr: null, amr: mfa ? ['mfa'] : null},
                ]),
            ),
          },
        }
      : {}),
  });
}

/** @throws {AuthProblem} 401 without a live access token for Auth */
function requireAuthToken(auth: AuthService, request: Request): Grant {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const grant = auth.tokens.find(token, 'access');
  if (grant?.resourceServer !== AUTH_SERVER) throw unauthorized('Call must be authenticated');
  return grant;
}

function userinfo(auth: AuthService, request: Request): Record<string, unknown> {
  const grant = requireAuthToken(auth, request);
  return identityClaims(auth, auth.identities.get(grant.identity) ?? auth.identities.user);
}

/** A user asks with a token, a confidential client may ask as itself. */
function requireUserOrClient(auth: AuthService, request: Request): void {
  if (/^Basic /i.test(request.headers.authorization ?? '')) requireClient(auth, request);
  else requireAuthToken(auth, request);
}

function findIdentities(auth: AuthService, request: Request): Record<string, unknown> {
  requireUserOrClient(auth, request);
  const {identities} = auth;
  const [ids, usernames] = [request.query.get('ids'), request.query.get('usernames')];
  if ((ids === null) === (usernames === null)) {
    throw new AuthProblem(400, 'api', 'INVALID_PARAMETERS', 'Give either ids or usernames');
  }
  const found = (ids ?? usernames ?? '').split(',').flatMap((text) => {
    const one = ids === null ? identities.byUsername(text.trim()) : identities.get(text.trim());
    return one ? [identityDocument(one)] : [];
  });
  return {identities: found};
}

/** One identity by its id. The words for one that is missing are not documented. @throws {AuthProblem} 404 */
function showIdentity(auth: AuthService, request: Request, id: string): Record<string, unknown> {
  requireUserOrClient(auth, request);
  const found = auth.identities.get(id);
  if (!found) throw new AuthProblem(404, 'api', 'RESOURCE_NOT_FOUND', `No identity has the id ${id}`);
  return {identity: identityDocument(found)};
}

const identityDocument = (one: Identity): Record<string, unknown> => ({
  ...one,
  organization: null,
  status: 'used',
  identity_provider: PROVIDER,
  identity_type: 'login',
});

/** @throws {AuthProblem} 403 for the consents of another identity */
async function listConsents(auth: AuthService, request: Request, id: string): Promise<Answer> {
  const {identity} = requireAuthToken(auth, request);
  if (!auth.identities.setOf(identity).some((one) => one.id === id.toLowerCase())) {
    throw new AuthProblem(403, 'api', 'FORBIDDEN', 'Only your own consents are shown');
  }
  return ok({consents: auth.consents.of(identity)});
}

const newClient = z.object({client: z.object({name: z.string().min(1), template_id: z.string().optional()})});

async function registerClient(auth: AuthService, request: Request): Promise<Answer> {
  const wanted = newClient.safeParse(await request.json());
  if (!wanted.success) throw new AuthProblem(400, 'api', 'INVALID_REQUEST', 'client.name is missing');
  const made = auth.identities.register(wanted.data.client.name);
  return {
    status: 201,
    document: {
      client: {id: made.id, name: made.name, public_client: false},
      included: {client_credential: {client: made.id, secret: made.secret}},
    },
  };
}

const openidConfiguration = (auth: AuthService) => ({
  issuer: auth.url().replace(/\/$/, ''),
  authorization_endpoint: `${auth.url()}v2/oauth2/authorize`,
  token_endpoint: `${auth.url()}v2/oauth2/token`,
  userinfo_endpoint: `${auth.url()}v2/oauth2/userinfo`,
  revocation_endpoint: `${auth.url()}v2/oauth2/token/revoke`,
  jwks_uri: `${auth.url()}jwk.json`,
  response_types_supported: ['code'],
  scopes_supported: ['openid', 'email', 'profile'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS512'],
});
