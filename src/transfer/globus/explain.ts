import {SignInNeeded, TransferRefused, TransferUnreachable} from '../transfer-service.ts';
import {type AuthorizationParameters, ErrorDocument} from './schemas.ts';

/** One HTTP answer, its body read as JSON; `body` is undefined when it is not JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** the `Retry-After` header */
  readonly retryAfter?: string | undefined;
}

export type Explained = SignInNeeded | TransferRefused | TransferUnreachable;

/** Codes of failures on the way to a collection, which end by themselves or by somebody else's hand. */
const COLLECTION_AWAY = /ConnectFailed|GCDisconnected|GCPaused|Timeout|^EndpointError/;

/**
 * Is it the service that stumbled, so that the same request may do better in a moment?
 * A 502 whose code starts with ExternalError or EndpointError is the collection's own answer. (Globus SDKs do the same.)
 */
export function mayPass(answer: Answer): boolean {
  if (answer.status === 502) return !/ExternalError|EndpointError/.test(codeOf(answer) ?? '');
  return [429, 500, 503, 504].includes(answer.status);
}

export function codeOf(answer: Answer): string | undefined {
  const read = ErrorDocument.safeParse(answer.body);
  return read.success ? read.data.code : undefined;
}

/**
 * An answer that is not a success, in the user's terms. 401 is for the caller, who may renew the token first.
 *
 * @param login what a person types to sign in
 */
export function explainGlobus(asked: string, answer: Answer, login = 'stage login'): Explained {
  const read = ErrorDocument.safeParse(answer.body);
  const unread = `HTTP ${answer.status} without an error that can be read`;
  if (!read.success)
    return answer.status === 401 ? tokenRejected(asked, unread, login) : new TransferUnreachable(asked, unread);
  const error = read.data;
  const said = inWords(error);
  const asks = error.authorization_parameters ?? parametersInMessage(error);
  if (error.code === 'ConsentRequired' || asks) return signIn({asked, error, asks: asks ?? {}, said, login});
  if (/LoginFailed/.test(error.code)) return loginFailed(asked, said, login);
  if (answer.status === 401) return tokenRejected(asked, said, login);
  if (mayPass(answer) || COLLECTION_AWAY.test(error.code)) return new TransferUnreachable(asked, said);
  const [why, next] = refusal(error.code);
  return new TransferRefused({asked, globusCode: error.code, why: why === '' ? said : `${why}. ${said}`, next});
}

/** The service does not take our token, and did not take a fresh one either. */
function tokenRejected(asked: string, said: string, login: string): SignInNeeded {
  return new SignInNeeded({
    what: `Globus does not accept the sign-in for "${asked}"`,
    why: said,
    next: [
      `Sign in again: ${login}`,
      'As a client: see whether it still exists, https://app.globus.org/settings/developers, and renew the credentials file.',
    ],
  });
}

function refusal(code: string): [why: string, next: string[]] {
  if (code === 'Conflict')
    return [
      'a transfer of the same paths is still in progress',
      ['Find it by its label: stage transfer list', 'Wait for it or cancel it, then run the same command again.'],
    ];
  if (/^Endpoint(NotFound|Deleted)$/.test(code))
    return ['there is no such collection (any more)', ['Correct the id under "collections".']];
  if (code === 'EndpointPermissionDenied')
    return [
      "the collection's own rules or file system do not allow it",
      ["Ask the collection's owner for access, or correct the path."],
    ];
  if (/PermissionDenied/.test(code))
    return [
      'the identity in use lacks the permission',
      ['See which identity is used, and ask the owner of the collection to give it access.'],
    ];
  if (/NoTransferItems/.test(code)) return ['the transfer has no items', []];
  if (/NotDirectory/.test(code)) return ['the path is not a directory', ['Correct the path.']];
  if (/NotFound/.test(code)) return ['there is nothing of that name', ['Correct the path or id.']];
  return ['', []];
}

interface Demand {
  readonly asked: string;
  readonly error: ErrorDocument;
  readonly asks: AuthorizationParameters;
  readonly said: string;
  readonly login: string;
}

function signIn({asked, error, asks, said, login}: Demand): SignInNeeded {
  const scopes = [...new Set([...names(asks.required_scopes), ...names(error.required_scopes)])];
  const next = [
    ...scopes.map((scope) => consentTo(scope, login)),
    ...each(asks.session_required_identities, (name) => `Sign in again as ${name}: ${login} --identity ${name}`),
    ...each(
      asks.session_required_single_domain,
      (name) => `Sign in again with an identity of ${name}: ${login} --domain ${name}`,
    ),
    ...each(
      asks.session_required_policies,
      (name) => `Sign in again in a way that meets the policy ${name}: ${login} --policy ${name}`,
    ),
    ...(asks.session_required_mfa ? [`Sign in again with a second factor: ${login} --mfa`] : []),
  ];
  return new SignInNeeded({
    what:
      scopes.length > 0 ? `Globus wants a consent before "${asked}"` : `Globus wants another sign-in before "${asked}"`,
    why: asks.session_message ? `${asks.session_message}. ${said}` : said,
    next: [
      ...(next.length > 0 ? next : [`Sign in again: ${login}`]),
      'Then run the same command again; a run goes on by itself.',
    ],
  });
}

/** The scopes of collections are known to `stage login`; another one must stand in the profile. */
function consentTo(scope: string, login: string): string {
  const collections = [...scope.matchAll(/scopes\/([0-9a-f-]{36})\/data_access/g)].map(
    ([, id]) => `--collection ${id}`,
  );
  if (collections.length > 0) return `Give your consent: ${login} ${collections.join(' ')} (it asks for ${scope})`;
  return `Name this scope under transfer: scopes: in the profile, then type ${login}: ${scope}`;
}

function loginFailed(asked: string, said: string, login: string): SignInNeeded {
  return new SignInNeeded({
    what: `The collection did not let you in for "${asked}"`,
    why: said,
    next: [
      `Sign in again: ${login}`,
      'If it still does not, open the collection once in the web app: https://app.globus.org/file-manager',
      'Then run the same command again; a run goes on by itself.',
    ],
  });
}

/** A collection's own demand arrives inside of the message: `530-GridFTP-JSON-Result: {…}`, lines parted by a literal `\r\n`. */
function parametersInMessage(error: ErrorDocument): AuthorizationParameters | undefined {
  const found = /530-GridFTP-JSON-Result: (\{.*?\})(?:\\r\\n|\r?\n|$)/s.exec(error.message ?? '');
  const body = found ? parsed(found[1] ?? '') : undefined;
  const inner = ErrorDocument.shape.authorization_parameters.safeParse(
    typeof body === 'object' && body !== null && 'authorization_parameters' in body
      ? body.authorization_parameters
      : undefined,
  );
  return inner.success ? (inner.data ?? undefined) : undefined;
}

function names(value: string | string[] | null | undefined): string[] {
  if (value === null || value === undefined) return [];
  return (typeof value === 'string' ? value.split(',') : value)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function each(value: string | string[] | null | undefined, say: (name: string) => string): string[] {
  return names(value).map(say);
}

function inWords(error: ErrorDocument): string {
  const message = (error.message ?? '').replace(/\s+/g, ' ').trim().slice(0, 400);
  const request = error.request_id ? ` (request ${error.request_id})` : '';
  return `Globus said ${error.code}${message === '' ? '' : `: "${message}"`}${request}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the message is quoted as it is
  }
}
