import {AUTH_RESOURCE_SERVER, TRANSFER_RESOURCE_SERVER} from '../../auth/authorize.ts';
import {TokenRejected} from '../../auth/explain.ts';
import type {WhoIs} from '../../auth/globus-auth.ts';
import {type OpenTokens, openClientTokens, openTokens, type SignInSettings} from '../../auth/open-tokens.ts';
import {DAY_MS, iso} from '../../base/time.ts';
import {EXIT, type ExitCode, StageError} from '../../errors.ts';
import type {CollectionSeen} from '../../transfer/transfer-service.ts';
import type {SignInStage} from '../../wiring/stage.ts';
import {
  type CollectionsRequest,
  collectionsInUse,
  lookAtCollections,
  type WantedCollections,
  wantedCollections,
} from './sign-in-collections.ts';
import {workUnderWay} from './work-under-way.ts';

/** What one collection demands of a sign-in, and how long that is met. */
export interface SessionView {
  readonly collection: string;
  readonly name: string;
  readonly demand: string;
  /** `short`: met now, and run out before the transfers under way there could end */
  readonly state: 'good' | 'short' | 'over' | 'unknown';
  /** ISO 8601 */
  readonly until?: string;
  /** the latest deadline of the transfers under way there */
  readonly neededUntil?: string;
  /** what to do about it, before or after it has run out */
  readonly next?: string;
}

export interface WhoamiReport {
  readonly profile: string;
  readonly signedInBy: SignInSettings['method'];
  readonly identity: {readonly id: string; readonly username: string; readonly name?: string};
  /** where tokens are kept */
  readonly tokens: 'file' | 'keyring' | 'globus-cli';
  /** until when the access token at hand is good */
  readonly accessUntil?: string;
  /** how the next one is got without a person; `none` when it cannot */
  readonly renewedBy: 'refresh-token' | 'client-secret' | 'none';
  /** a refresh token lapses when it is not used for so long; using it starts the time again */
  readonly renewableUntil?: string;
  /** when a person last proved who they are */
  readonly authenticatedAt?: string;
  /** the latest deadline of all transfers under way */
  readonly workUntil?: string;
  /** of collections with a say in how old a sign-in may be */
  readonly sessions: readonly SessionView[];
  readonly exit: ExitCode;
}

/** Refresh tokens lapse after six months without use. Source: Globus's tutorials. */
const REFRESH_LAPSES_MS = 180 * DAY_MS;

/** Who stage acts as at Globus, and for how long. Asks Globus, and renews tokens that are due. @throws {SignInNeeded} when there is no sign-in */
export async function whoami(stage: SignInStage, request: CollectionsRequest): Promise<WhoamiReport> {
  const settings = await stage.signIn();
  const named = request.workflow !== undefined || request.collections.length > 0;
  const wanted = named ? await wantedCollections(stage, request) : await collectionsInUse(stage);
  const found = settings.method === 'client' ? await client(settings) : await person(settings);
  const needed = await workUnderWay(stage);
  const sessions = await sessionsOf(stage, {wanted, needed}, settings, found.identity.authenticatedAt);
  const {id, username, name, authenticatedAt} = found.identity;
  return {
    profile: stage.profile.name,
    signedInBy: settings.method,
    identity: {id, username, name: name || undefined},
    tokens: settings.method === 'globus-cli' ? 'globus-cli' : settings.tokenStore,
    accessUntil: iso(found.accessUntil),
    renewedBy: found.renewedBy,
    renewableUntil: found.renewedBy === 'refresh-token' ? iso(Date.now() + REFRESH_LAPSES_MS) : undefined,
    authenticatedAt: iso(authenticatedAt),
    workUntil: needed.size === 0 ? undefined : iso(Math.max(...needed.values())),
    sessions,
    exit: sessions.some(({state}) => state === 'over') ? EXIT.actionNeeded : EXIT.ok,
  };
}

interface FoundIdentity {
  readonly identity: WhoIs;
  readonly accessUntil: number | undefined;
  readonly renewedBy: WhoamiReport['renewedBy'];
}

/** Source of the name: Globus Auth, "client identities". */
async function client(settings: SignInSettings): Promise<FoundIdentity> {
  const tokens = openClientTokens(settings);
  await tokens.token();
  const id = await tokens.clientId();
  return {
    identity: {id, username: `${id}@clients.auth.globus.org`},
    accessUntil: (await tokens.current())?.expiresAt,
    renewedBy: (await tokens.credentials()) ? 'client-secret' : 'none',
  };
}

async function person(settings: SignInSettings): Promise<FoundIdentity> {
  const transfer = await openTokens(settings, TRANSFER_RESOURCE_SERVER);
  await transfer.token();
  const identity = await identify(settings.authUrl, await openTokens(settings, AUTH_RESOURCE_SERVER));
  const kept = await transfer.current();
  return {
    identity,
    accessUntil: kept?.expiresAt,
    renewedBy: kept?.refreshToken === undefined ? 'none' : 'refresh-token',
  };
}

async function identify(authUrl: string, tokens: OpenTokens): Promise<WhoIs> {
  const token = await tokens.token();
  const {askWhoIs} = await import('../../auth/globus-auth.ts');
  return askWhoIs({authUrl}, token).catch(async (error: unknown) => {
    if (!(error instanceof TokenRejected)) throw error;
    return askWhoIs({authUrl}, await tokens.renew(token)); // it was withdrawn before its time
  });
}

async function sessionsOf(
  stage: SignInStage,
  {wanted, needed}: {readonly wanted: WantedCollections; readonly needed: ReadonlyMap<string, number>},
  settings: SignInSettings,
  authenticatedAt: number | undefined,
): Promise<SessionView[]> {
  const seen = await lookAtCollections(stage, wanted);
  return [...seen].flatMap(([collection, found]): SessionView[] => {
    const name = wanted.get(collection) ?? collection;
    if (found instanceof StageError)
      return [{collection, name, demand: `not known: ${found.why ?? found.message}`, state: 'unknown'}];
    const neededUntil = needed.get(collection);
    const view = viewSession({collection, name, found, settings, authenticatedAt, neededUntil, now: Date.now()});
    return view ? [view] : [];
  });
}

interface SessionQuestion {
  readonly collection: string;
  readonly name: string;
  readonly found: CollectionSeen;
  readonly settings: Pick<SignInSettings, 'method' | 'loginCommand'>;
  readonly authenticatedAt: number | undefined;
  /** the latest deadline of the transfers under way there */
  readonly neededUntil?: number | undefined;
  readonly now: number;
}

/** How long a sign-in satisfies one collection; undefined for one that has no say in it. Pure. Renewing tokens does not make a session younger: only signing in does. */
export function viewSession(question: SessionQuestion): SessionView | undefined {
  const {collection, name, found, settings, authenticatedAt, neededUntil, now} = question;
  const minutes = found.authenticationTimeoutMinutes;
  const policy = found.authenticationPolicy;
  if (!found.highAssurance && minutes === undefined && policy === undefined) return undefined;
  const demand = [
    minutes === undefined
      ? found.highAssurance
        ? 'a sign-in of high assurance'
        : 'a sign-in'
      : `a sign-in not older than ${minutes} min`,
    ...(policy === undefined ? [] : [`that meets the policy ${policy}`]),
  ].join(' ');
  const about = {collection, name, demand, neededUntil: iso(neededUntil)};
  if (settings.method === 'client')
    return {
      ...about,
      state: 'unknown',
      next: 'a client cannot sign in as a person: use sign_in: native-app for it',
    };
  const next =
    settings.method === 'globus-cli'
      ? 'globus login --force'
      : `${settings.loginCommand} --collection ${name}${policy === undefined ? '' : ` --policy ${policy}`}`;
  if (minutes === undefined || authenticatedAt === undefined) return {...about, state: 'unknown', next};
  const until = authenticatedAt + minutes * 60_000;
  const state = until <= now ? 'over' : neededUntil !== undefined && until < neededUntil ? 'short' : 'good';
  return {...about, state, until: iso(until), next};
}
