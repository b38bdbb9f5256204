import {dataAccessScope, type SessionDemands, transferScope} from '../auth/authorize.ts';
import type {CodeWay} from '../auth/native-login.ts';
import type {SignInSettings} from '../auth/sign-in-settings.ts';
import {StageError} from '../errors.ts';
import {SignInNeeded} from '../transfer/transfer-service.ts';
import {
  type CollectionsRequest,
  lookAtCollections,
  type WantedCollections,
  wantedCollections,
  wantsConsent,
} from './sign-in-collections.ts';
import {type WhoamiReport, whoami} from './whoami.ts';
import type {Stage} from './wiring.ts';

export interface LoginRequest extends CollectionsRequest {
  readonly session: SessionDemands;
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
  /** who was signed in before, when that was somebody else: their transfers are not seen any more */
  readonly replaced?: string;
}

/** Sign in to Globus as the profile says. @throws {SignInNeeded} {RequestWrong} {TransferUnreachable} */
export async function login(stage: Stage, request: LoginRequest, person: Person): Promise<LoginReport> {
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
  stage: Stage,
  settings: SignInSettings,
  request: LoginRequest,
  wanted: WantedCollections,
  person: Person,
): Promise<Signed> {
  if (settings.method === 'native-app') return signPerson(stage, settings, request, wanted, person);
  if (settings.method === 'client') return signClient(stage, settings, wanted);
  return useCli(stage, wanted, person);
}

async function signClient(stage: Stage, settings: SignInSettings, wanted: WantedCollections): Promise<Signed> {
  const {openClientTokens} = await import('../auth/open-tokens.ts');
  const tokens = openClientTokens(settings);
  const kept = await tokens.current();
  await (kept ? tokens.renew(kept.accessToken) : tokens.token()); // a new one: it proves the credentials
  const consents = await consentsNeeded(stage, wanted);
  if (consents.length > 0) await tokens.askOnce([transferScope(consents)]);
  return {consents};
}

async function signPerson(
  stage: Stage,
  settings: SignInSettings,
  request: LoginRequest,
  wanted: WantedCollections,
  person: Person,
): Promise<Signed> {
  const {openNativeSignIn} = await import('../auth/native-sign-in.ts');
  const {signInByCode} = await import('../auth/native-login.ts');
  const kept = openNativeSignIn(settings);
  const before = (await kept.read())?.signIn;
  const {authUrl, clientId = '', loginCommand, scopes} = settings;
  const ask = async (consents: readonly string[]) => {
    const transferScopes = consents.length === 0 && scopes?.length ? scopes : [transferScope(consents)];
    const question = {authUrl, clientId, transferScopes, session: request.session, loginCommand};
    const tokens = await throughWay(settings, request.localServer, person, (way) => signInByCode(question, way));
    await kept.keep(tokens);
    return tokens['transfer.api.globus.org'].signIn;
  };
  // Which collections want a consent, only somebody who is signed in can ask. Then all of it takes one page.
  const known = before ? await consentsNeeded(stage, wanted).catch(unlessSignedOut) : undefined;
  let now = await ask(known ?? []);
  const consents = known ?? (await consentsNeeded(stage, wanted));
  if (!known && consents.length > 0) {
    person.show(['Signed in. Some of the collections want your consent besides:']);
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
    const {pasteRedirect} = await import('../auth/native-login.ts');
    return work({
      redirectUri: pasteRedirect(authUrl),
      async codeFrom(url) {
        person.show(['Open this page in any browser, sign in, and copy the code that it shows:', '', url, '']);
        return (await person.askForCode())?.trim();
      },
    });
  }
  const {openLoopback} = await import('../auth/loopback.ts');
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
async function useCli(stage: Stage, wanted: WantedCollections, person: Person): Promise<Signed> {
  const consents = await consentsNeeded(stage, wanted);
  if (consents.length > 0)
    person.show([
      'These collections want the consent of the globus CLI. If you have not given it yet, type:',
      `globus session consent '${transferScope(consents)}'`,
    ]);
  return {consents};
}

/** Ids of those that want a consent. @throws {StageError} when one of them cannot be looked at */
async function consentsNeeded(stage: Stage, wanted: WantedCollections): Promise<string[]> {
  const needed: string[] = [];
  for (const [id, seen] of await lookAtCollections(stage, wanted)) {
    if (seen instanceof StageError) throw seen;
    if (wantsConsent(seen)) needed.push(id);
  }
  return needed;
}
