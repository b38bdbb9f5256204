import {dataAccessScope, type SessionDemands, transferScope} from '../../auth/authorize.ts';
import type {CodeWay} from '../../auth/native-login.ts';
import type {SignInSettings} from '../../auth/open-tokens.ts';
import {shellQuote} from '../../base/shell.ts';
import {RequestWrong, StageError} from '../../errors.ts';
import {SignInNeeded} from '../../globus-errors.ts';
import type {SignInStage} from '../../wiring/stage.ts';
import {
  type CollectionsRequest,
  lookAtCollections,
  type WantedCollections,
  wantedCollections,
  wantsConsent,
} from './sign-in-collections.ts';
import {type WhoamiReport, whoami} from './whoami.ts';

export interface LoginRequest extends CollectionsRequest {
  readonly session: SessionDemands;
  /** further ones that were demanded, as they are */
  readonly scopes: readonly string[];
  /** receive the code on this machine instead of having it pasted */
  readonly localServer: boolean;
}

/** How the person at the terminal is spoken to. */
export interface Person {
  show(lines: readonly string[]): void;
  /** @returns undefined when nothing is typed any more */
  askForCode(): Promise<string | undefined>;
  openBrowser(address: string): void;
}

export interface LoginReport extends WhoamiReport {
  /** consents that were asked for, for collections that want one */
  readonly consents: readonly {readonly collection: string; readonly name: string; readonly scope: string}[];
  /** who was signed in before, when that was another identity: its transfers are no longer visible */
  readonly replaced?: string;
}

/** Sign in to Globus as the profile says. @throws {SignInNeeded} {RequestWrong} {TransferUnreachable} */
export async function login(stage: SignInStage, request: LoginRequest, person: Person): Promise<LoginReport> {
  const settings = await stage.signIn();
  const wanted = await wantedCollections(stage, request);
  const {consents, replaced} = await sign(stage, settings, request, wanted, person);
  const report = await whoami(stage, {collections: [...wanted.keys()]});
  return {
    ...report,
    consents: consents.map((id) => ({collection: id, name: wanted.get(id) ?? id, scope: dataAccessScope(id)})),
    ...(replaced ? {replaced} : {}),
  };
}

interface Signed {
  readonly consents: readonly string[];
  readonly replaced?: string | undefined;
}

function sign(
  stage: SignInStage,
  settings: SignInSettings,
  request: LoginRequest,
  wanted: WantedCollections,
  person: Person,
): Promise<Signed> {
  if (settings.method === 'native-app') return signPerson(stage, settings, request, wanted, person);
  if (settings.method === 'client') return signClient(stage, settings, request, wanted);
  return useCli(stage, request, wanted, person);
}

async function signClient(
  stage: SignInStage,
  settings: SignInSettings,
  {session, scopes}: LoginRequest,
  wanted: WantedCollections,
): Promise<Signed> {
  if (isDemanding(session))
    throw new RequestWrong('a client cannot sign in as a person', {
      why: '--identity, --domain, --policy and --mfa are about how a person signs in',
      next: [
        'Sign in as yourself: write sign_in: native-app and a client_id: into the profile (docs/sign-in.md).',
        'Or ask the manager of the collection to admit this client without it.',
      ],
    });
  const {openClientTokens} = await import('../../auth/open-tokens.ts');
  const tokens = openClientTokens(settings);
  const kept = await tokens.current();
  await (kept ? tokens.renew(kept.accessToken) : tokens.token()); // a new one: it proves the credentials
  const consents = await consentsNeeded(stage, wanted);
  if (consents.length + scopes.length > 0) await tokens.askOnce(withScopes([transferScope(consents)], scopes));
  return {consents};
}

async function signPerson(
  stage: SignInStage,
  settings: SignInSettings,
  request: LoginRequest,
  wanted: WantedCollections,
  person: Person,
): Promise<Signed> {
  const {openNativeSignIn} = await import('../../auth/native-sign-in.ts');
  const {signInByCode} = await import('../../auth/native-login.ts');
  const kept = openNativeSignIn(settings);
  const before = (await kept.read())?.signIn;
  const {authUrl, clientId = '', loginCommand, scopes} = settings;
  const ask = async (consents: readonly string[]) => {
    const usual = consents.length === 0 && scopes?.length ? scopes : [transferScope(consents)];
    const transferScopes = withScopes(usual, request.scopes);
    const question = {authUrl, clientId, transferScopes, session: request.session, loginCommand};
    const tokens = await throughWay(settings, request.localServer, person, (way) => signInByCode(question, way));
    await kept.keep(tokens);
    return tokens['transfer.api.globus.org'].signIn;
  };
  // Only after a sign-in can be asked which collections require a consent. Otherwise one page is enough.
  const known = before ? await consentsNeeded(stage, wanted).catch(unlessSignedOut) : undefined;
  let now = await ask(known ?? []);
  const consents = known ?? (await consentsNeeded(stage, wanted));
  if (!known && consents.length > 0) {
    person.show(['Signed in. Some of the collections also require your consent:']);
    now = await ask(consents);
  }
  return {consents, replaced: before && now && before.identity !== now.identity ? before.username : undefined};
}

function unlessSignedOut(error: unknown): undefined {
  if (error instanceof SignInNeeded) return undefined;
  throw error;
}

const BROWSER_MS = 10 * 60_000;

/** Have the code pasted, or receive it from the browser on this machine. */
async function throughWay<T>(
  {authUrl}: SignInSettings,
  localServer: boolean,
  person: Person,
  work: (way: CodeWay) => Promise<T>,
): Promise<T> {
  if (!localServer) {
    const {pasteRedirect} = await import('../../auth/native-login.ts');
    return work({
      redirectUri: pasteRedirect(authUrl),
      async codeFrom(url) {
        person.show(['Open this page in any browser, sign in, and copy the code that it shows:', '', url, '']);
        return (await person.askForCode())?.trim();
      },
    });
  }
  const {openLoopback} = await import('../../auth/loopback.ts');
  const loopback = await openLoopback((address) => {
    person.show(['Sign in with the browser on this machine:', '', address, '']);
    person.openBrowser(address);
  }, BROWSER_MS);
  try {
    return await work(loopback);
  } finally {
    loopback.close();
  }
}

/** Its sign-in and its consents are the CLI's own: we only read what it left. */
async function useCli(
  stage: SignInStage,
  {session, scopes}: LoginRequest,
  wanted: WantedCollections,
  person: Person,
): Promise<Signed> {
  if (isDemanding(session))
    throw new RequestWrong('the profile uses the login of the globus CLI', {
      why: '--identity, --domain, --policy and --mfa are for a sign-in of stage itself',
      next: [
        'Type instead: globus session update IDENTITY or DOMAIN, with --policy ID where a policy is required.',
        'Or sign in with stage: write sign_in: native-app and a client_id: into the profile (docs/sign-in.md).',
      ],
    });
  const consents = await consentsNeeded(stage, wanted);
  const wants = [...(consents.length > 0 ? [transferScope(consents)] : []), ...scopes];
  if (wants.length > 0)
    person.show([
      'This requires a consent for the globus CLI. If you have not given it yet, type:',
      `globus session consent ${wants.map(shellQuote).join(' ')}`,
    ]);
  return {consents};
}

function isDemanding({identities, domains, policies, mfa}: SessionDemands): boolean {
  return Boolean(mfa || identities?.length || domains?.length || policies?.length);
}

/** The plain scope of Transfer is left out where a further one holds it with something in brackets. */
function withScopes(usual: readonly string[], further: readonly string[]): readonly string[] {
  const kept = usual.filter((scope) => !further.some((other) => other === scope || other.startsWith(`${scope}[`)));
  return [...kept, ...further];
}

/** Ids of those that want a consent. @throws {StageError} when one of them cannot be looked at */
async function consentsNeeded(stage: SignInStage, wanted: WantedCollections): Promise<string[]> {
  const needed: string[] = [];
  for (const [id, seen] of await lookAtCollections(stage, wanted)) {
    if (seen instanceof StageError) throw seen;
    if (wantsConsent(seen)) needed.push(id);
  }
  return needed;
}
