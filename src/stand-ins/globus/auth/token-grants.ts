import {createHash} from 'node:crypto';
import {oauthProblem} from '../http/problem.ts';
import type {Answer, Request} from '../http/request.ts';
import type {Grant} from '../store/token-store.ts';
import {type AuthService, identityClaims, requireClient} from './auth-service.ts';
import {namesIn, readScopes, resourceServerOf} from './scopes.ts';

const ACCESS_MS = 172_800_000;
const REFRESH_MS = 183 * 86_400_000;

/** POST /v2/oauth2/token. Source: Globus Auth API; requests of its real clients. */
export async function grantTokens(auth: AuthService, request: Request): Promise<Answer> {
  const form = await request.form();
  const answer = await answerGrant(auth, request, form);
  auth.log(`gave a token: ${form.get('grant_type')}`);
  return answer;
}

async function answerGrant(auth: AuthService, request: Request, form: URLSearchParams): Promise<Answer> {
  switch (form.get('grant_type')) {
    case 'client_credentials': {
      const client = requireClient(auth, request);
      const scopes = form.get('scope') ?? '';
      const document = tokenDocument(auth, {client, identity: client, scopes, offline: false});
      auth.consents.grant({identity: client, client}, readScopes(scopes)); // what a client asks for, it allows itself
      return granted(document);
    }
    case 'authorization_code':
      return granted(await exchangeCode(auth, request, form));
    case 'refresh_token':
      return granted(refresh(auth, request, form));
    case 'urn:globus:auth:grant_type:dependent_token':
      return {status: 200, document: dependentTokens(auth, request, form)};
    default:
      throw oauthProblem('unsupported_grant_type', `Unsupported grant_type: '${form.get('grant_type') ?? ''}'`);
  }
}

/** A confidential client must prove itself; a native one only says who it is. */
function clientOf(auth: AuthService, request: Request, form: URLSearchParams): string {
  if (request.headers.authorization) return requireClient(auth, request);
  const id = form.get('client_id');
  if (!id || auth.identities.isConfidential(id)) {
    throw oauthProblem('invalid_client', 'Client authentication failed', 401);
  }
  return id;
}

interface Wanted {
  readonly client: string;
  readonly identity: string;
  readonly scopes: string;
  readonly offline: boolean;
}

interface TokenDocument extends Record<string, unknown> {
  readonly other_tokens: Record<string, unknown>[];
}

/** One token a resource server: the first at the top, the others in `other_tokens`, each of the same shape. */
function tokenDocument(auth: AuthService, wanted: Wanted): TokenDocument {
  const [first, ...others] = [...byServer(auth, wanted.scopes)].map(([resourceServer, scopes]) => {
    const grant = {identity: wanted.identity, client: wanted.client, resourceServer, scopes};
    const expiresIn = Math.max(1, Math.round(auth.lasts(ACCESS_MS) / 1000));
    const expiresAt = Date.now() + expiresIn * 1000;
    return {
      access_token: auth.tokens.issue({...grant, kind: 'access', expiresAt}),
      scope: scopes.join(' '),
      expires_in: expiresIn,
      token_type: 'Bearer',
      resource_server: resourceServer,
      ...(wanted.offline
        ? {
            refresh_token: auth.tokens.issue({
              ...grant,
              kind: 'refresh',
              expiresAt: Date.now() + auth.lasts(REFRESH_MS),
            }),
          }
        : {}),
    };
  });
  return {...first, other_tokens: others};
}

/** Scopes by the server they are for. @throws {AuthProblem} 400 for none, for unknown ones and unmatched brackets */
export function byServer({hasDataAccess}: AuthService, text: string): Map<string, string[]> {
  const servers = new Map<string, string[]>();
  try {
    for (const scope of readScopes(text)) {
      const unknown = namesIn(scope).find((name) => resourceServerOf(name, hasDataAccess) === undefined);
      const server = resourceServerOf(scope.name, hasDataAccess);
      if (unknown !== undefined || server === undefined) throw new RangeError(`unknown scope: ${unknown}`);
      const names = servers.get(server) ?? [];
      servers.set(server, names.includes(scope.name) ? names : [...names, scope.name]);
    }
  } catch (error) {
    throw oauthProblem('invalid_scope', error instanceof Error ? error.message : String(error));
  }
  if (servers.size === 0) throw oauthProblem('invalid_scope', 'no scope was asked for');
  return servers;
}

async function exchangeCode(
  auth: AuthService,
  request: Request,
  form: URLSearchParams,
): Promise<Record<string, unknown>> {
  const client = clientOf(auth, request, form);
  const code = form.get('code') ?? '';
  const grant = auth.tokens.find(code, 'code');
  const verifier = form.get('code_verifier');
  const challenge = verifier === null ? undefined : createHash('sha256').update(verifier).digest('base64url');
  auth.tokens.revoke(code); // good for one try
  if (
    !grant ||
    grant.client !== client ||
    grant.redirectUri !== form.get('redirect_uri') ||
    grant.challenge !== challenge
  ) {
    throw oauthProblem('invalid_grant', 'The code is unknown, used up, or was not given to this client');
  }
  const scopes = grant.scopes.join(' ');
  const document = tokenDocument(auth, {client, identity: grant.identity, scopes, offline: grant.offline === true});
  return {
    ...document,
    ...(grant.state === undefined ? {} : {state: grant.state}),
    ...(grant.scopes.includes('openid') ? {id_token: await idToken(auth, grant, client)} : {}),
  };
}

function idToken(auth: AuthService, grant: Grant, client: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const who = identityClaims(auth, auth.identities.get(grant.identity) ?? auth.identities.user);
  return auth.signer.sign({
    ...who,
    iss: auth.url().replace(/\/$/, ''),
    aud: client,
    iat: now,
    exp: now + Math.ceil(auth.lasts(ACCESS_MS) / 1000),
  });
}

/** The answer carries the refresh token again: clients store what they get. */
function refresh(auth: AuthService, request: Request, form: URLSearchParams): Record<string, unknown> {
  const client = clientOf(auth, request, form);
  const token = form.get('refresh_token') ?? '';
  const grant = auth.tokens.find(token, 'refresh');
  if (!grant || grant.client !== client) throw oauthProblem('invalid_grant', 'The refresh token is unknown or lapsed');
  auth.tokens.prolong(token, Date.now() + auth.lasts(REFRESH_MS));
  const scopes = grant.scopes.join(' ');
  return {
    ...tokenDocument(auth, {client, identity: grant.identity, scopes, offline: false}),
    refresh_token: token,
  };
}

/**
 * Tokens for what the scopes of a token depend on, as a list. A service asks for them to act on behalf of the identity that called
 * it. Here any confidential client passes for the service.
 */
function dependentTokens(auth: AuthService, request: Request, form: URLSearchParams): Record<string, unknown>[] {
  requireClient(auth, request);
  const grant = auth.tokens.find(form.get('token') ?? '', 'access');
  if (!grant) throw oauthProblem('invalid_grant', 'The token is unknown, revoked or expired');
  const scopes = grant.scopes.flatMap((scope) => auth.consents.dependencies(grant, scope));
  if (scopes.length === 0) return [];
  const {client, identity} = grant;
  const offline = form.get('access_type') === 'offline';
  const {other_tokens: others, ...first} = tokenDocument(auth, {client, identity, scopes: scopes.join(' '), offline});
  return [first, ...others];
}

const granted = (document: Record<string, unknown>): Answer => ({status: 200, document});
