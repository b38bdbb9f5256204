import {join} from 'node:path';
import type {ClientCredentials} from '../auth/credentials.ts';
import type {SignInSettings} from '../auth/open-tokens.ts';
import type {TokenSource} from '../auth/token-source.ts';
import type {Profile} from '../config/profile.ts';
import {openAskedPause} from '../disk/asked-pause.ts';
import type {CallerSettings} from '../transfer/globus/caller.ts';
import type {TransferService} from '../transfer/transfer-service.ts';
import type {GuardedLedger} from './guarded-ledger.ts';
import type {logged} from './logged.ts';
import type {TroubleNotes} from './noted-troubles.ts';
import {requireGlobus, signInSettings} from './sign-in-settings.ts';
import type {StartStandIns} from './stand-ins.ts';

// The Globus of a profile: the one place of its adapter, and of the sign-in. What is loaded late is loaded when first asked.

/** What the Globus of a profile is opened with. */
export interface GlobusParts {
  readonly profile: Profile;
  readonly ledger: GuardedLedger;
  readonly standIns: StartStandIns;
  /** `STAGE_CLIENT_ID` and `STAGE_CLIENT_SECRET` */
  readonly environment: ClientCredentials | undefined;
  readonly globus: () => Promise<CallerSettings>;
  readonly wrap: ReturnType<typeof logged>;
  readonly troubles: TroubleNotes;
}

export async function createTransfers({profile, globus, wrap, troubles}: GlobusParts): Promise<TransferService> {
  const {createGlobusTransfer} = await import('../transfer/globus/globus-transfer.ts');
  const settings = await globus().catch((error: unknown) => {
    troubles.hear('Globus', error);
    throw error;
  });
  return wrap.transfers(createGlobusTransfer({...settings, notify: profile.transfer.notify}));
}

type SignInParts = Pick<GlobusParts, 'profile' | 'ledger' | 'standIns' | 'environment'>;

/** One token source and one pace for all that this process asks of Globus. */
export async function globusSettings(parts: SignInParts & Pick<GlobusParts, 'troubles'>): Promise<CallerSettings> {
  const [{createPace}, {GLOBUS_PACE}] = await Promise.all([
    import('../base/pace.ts'),
    import('../transfer/globus/caller.ts'),
  ]);
  const signIn = await openSignIn(parts);
  const {profile, standIns, ledger} = parts;
  const transferUrl = profile.transfer.kind === 'local' ? (await standIns()).status.url : profile.transfer.transferUrl;
  return {
    tokens: await createTokens(signIn),
    signIn: {login: signIn.loginCommand, method: signIn.method},
    pace: createPace(GLOBUS_PACE),
    heard: (trouble) => parts.troubles.hear('Globus', trouble),
    transferUrl,
    asked: openAskedPause(join(ledger.layout.cache, 'globus-pause.json'), transferUrl),
  };
}

export async function openSignIn({profile, ledger, standIns, environment}: SignInParts): Promise<SignInSettings> {
  requireGlobus(profile);
  ledger.requireState(); // tokens are kept there
  const up = profile.transfer.kind === 'local' ? await standIns() : undefined;
  return signInSettings(profile, {
    tokenDirectory: ledger.layout.tokens,
    askedPause: (authUrl) => openAskedPause(join(ledger.layout.cache, 'globus-auth-pause.json'), authUrl),
    environment,
    standIn: up ? {url: up.status.url, credentials: up.home.credentials} : undefined,
  });
}

async function createTokens(signIn: SignInSettings): Promise<TokenSource> {
  const {openTokens} = await import('../auth/open-tokens.ts');
  const {TRANSFER_RESOURCE_SERVER} = await import('../auth/authorize.ts');
  return openTokens(signIn, TRANSFER_RESOURCE_SERVER);
}
