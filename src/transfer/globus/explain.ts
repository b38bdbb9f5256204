import {adviseSignIn, type SignInWay} from '../../auth/advise-sign-in.ts';
import type {Answer} from '../../auth/globus-request.ts';
import {type Demands, type GlobusError, isConsent, readDemands, readError} from '../../auth/read-error.ts';
import {oneLine} from '../../base/text.ts';
import {type Later, SignInNeeded, TransferRefused, TransferUnreachable} from '../../globus-errors.ts';

export type Explained = SignInNeeded | TransferRefused | TransferUnreachable;

/** Codes of failures on the way to a collection, which end by themselves or are ended by the manager of the collection. */
const COLLECTION_AWAY =
  /ConnectFailed|GCDisconnected|GCPaused|Timeout|OperationPaused|^EndpointError|^ExternalError\.[A-Za-z]+$/;

/**
 * Is it the service that stumbled, so that the same request may do better in a moment? An error whose code starts with
 * ExternalError or EndpointError is the collection's own answer, whatever its status. (Globus SDKs do the same.)
 */
export function mayPass(answer: Answer): boolean {
  const error = readError(answer.body);
  if (/ExternalError|EndpointError/.test(error?.code ?? '') || isAboutRoom(error)) return false;
  return [429, 500, 502, 503, 504].includes(answer.status);
}

/**
 * An answer that is not a success, in the user's terms. 401 is for the caller, who may renew the token first.
 *
 * @param way how a person signs in
 */
export function explainGlobus(asked: string, answer: Answer, way: SignInWay = BY_LOGIN): Explained {
  const error = readError(answer.body);
  const demands = readDemands(answer.body);
  const said = error ? inGlobusWords(error) : withoutError(answer);
  if (demands) return signIn({asked, demands, said, way, consent: isConsent(error?.code)});
  if (error && /LoginFailed/.test(error.code)) return loginFailed(asked, said, way);
  if (answer.status === 401) return tokenRejected(asked, said, way);
  if (!error || mayPass(answer) || COLLECTION_AWAY.test(error.code)) return new TransferUnreachable(asked, said);
  const later = laterBy(error, answer.status);
  const [why, next] = later === undefined ? refusal(error.code) : LATER[later];
  const told = why === '' ? said : `${why}. ${said}`;
  return new TransferRefused({asked, globusCode: error.code, why: told, next, later});
}

/** A page in the place of Globus's answer: 407 is always a proxy's. */
function withoutError({status, body}: Answer): string {
  const what = `HTTP ${status} without an error that can be read`;
  if (status === 407) return `${what}: a proxy on the way requires a user and password`;
  return body === undefined && status >= 400
    ? `${what}: something on the way may have answered, such as a proxy`
    : what;
}

const LATER: Readonly<Record<Later, readonly [why: string, next: readonly string[]]>> = {
  room: [
    'as many tasks are pending as this identity may have',
    ['See them: stage transfer list', 'Run the same command again when some of them have ended.'],
  ],
  unclear: [
    'it conflicts with something that is under way',
    ['Run the same command again later.', 'See what is under way: stage transfer list'],
  ],
};

/** Codes for too many tasks that have not ended. The documentation names none; public clients know TooManyPendingJobs. */
const ROOM_CODE =
  /TooMany(?:(?:Pending|Queued|Active|Concurrent|Unfinished|Outstanding)\w*|Jobs|Tasks|Transfers|Submissions)|(?:Pending|Queued|Active)(?:Jobs?|Tasks?|Transfers?)?(?:Limit|Quota)/;
const TOO_MUCH = /\b(?:too many|limit|maximum|quota)\b/i;
const OF_TASKS =
  /\b(?:pending|queued|active|concurrent|unfinished|outstanding)\s+(?:tasks|jobs|transfers|submissions|transfer tasks)\b/i;

/** Does Globus say, by its code or in words, that too many tasks of this identity have not ended? Its status does not count. */
function isAboutRoom(error: GlobusError | undefined): boolean {
  if (!error) return false;
  return ROOM_CODE.test(error.code) || (TOO_MUCH.test(error.message) && OF_TASKS.test(error.message));
}

/** Conflicts whose meaning is known: asking again ends no differently, or is decided by what else is known of the tasks. */
const KNOWN_CONFLICT = /^(?:Conflict|TaskComplete|NotSupported)$|Exists$/;

/** Whether a refusal may pass by itself. Every conflict that is not known is taken for one that may: none ends a step for good. */
function laterBy(error: GlobusError, status: number): Later | undefined {
  if (isAboutRoom(error)) return 'room';
  return status === 409 && !KNOWN_CONFLICT.test(error.code) ? 'unclear' : undefined;
}

const BY_LOGIN: SignInWay = {login: 'stage login', method: 'native-app'};

/** What signs in again without any demand of Globus's. */
function again({login, method}: SignInWay): string {
  return method === 'globus-cli' ? 'globus login --force' : login;
}

/** The service does not take our token, and did not take a fresh one either. */
function tokenRejected(asked: string, said: string, way: SignInWay): SignInNeeded {
  return new SignInNeeded({
    what: `Globus does not accept the sign-in for "${asked}"`,
    why: said,
    next: [
      `Sign in again: ${again(way)}`,
      ...(way.method === 'globus-cli'
        ? []
        : [
            'As a client: see whether it still exists, https://app.globus.org/settings/developers, and renew the credentials file.',
          ]),
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
  if (/\.Exists$/.test(code)) return ['something of that name exists already', []];
  if (/SizeLimit/.test(code))
    return ['the directory has too many entries to be listed', ['Name a directory below it.']];
  if (code === 'NotSupported') return ['this collection cannot do that', []];
  if (/NotDirectory/.test(code)) return ['the path is not a directory', ['Correct the path.']];
  if (/NotFound/.test(code)) return ['nothing of that name exists', ['Correct the path or id.']];
  return ['', []];
}

interface Demanded {
  readonly asked: string;
  readonly demands: Demands;
  readonly said: string;
  readonly way: SignInWay;
  /** Globus calls it a consent, whether it names scopes or not */
  readonly consent: boolean;
}

function signIn({asked, demands, said, way, consent}: Demanded): SignInNeeded {
  const what = consent || demands.scopes.length > 0 ? 'a consent' : 'another sign-in';
  return new SignInNeeded({
    what: `Globus requires ${what} before "${asked}"`,
    why: [demands.message, said, demands.scopes.length > 0 ? `It requires ${demands.scopes.join(' ')}` : '']
      .filter((part) => part !== '')
      .join('. '),
    next: [...adviseSignIn(demands, way), 'Then run the same command again; a run continues by itself.'],
  });
}

function loginFailed(asked: string, said: string, way: SignInWay): SignInNeeded {
  return new SignInNeeded({
    what: `The collection did not let you in for "${asked}"`,
    why: said,
    next: [
      `Sign in again: ${again(way)}`,
      'If it still does not, open the collection once in the web app: https://app.globus.org/file-manager',
      'Then run the same command again; a run continues by itself.',
    ],
  });
}

function inGlobusWords(error: GlobusError): string {
  const message = oneLine(error.message).slice(0, 400);
  const request = error.requestId ? ` (request ${error.requestId})` : '';
  return `Globus said ${error.code}${message === '' ? '' : `: "${message}"`}${request}`;
}
