import type {ClientCredentials} from '../auth/credentials.ts';
import type {SignInSettings} from '../auth/open-tokens.ts';
import type {AskedPause} from '../base/asked-pause.ts';
import type {Profile, SignInMethod} from '../config/profile.ts';
import {RequestWrong} from '../errors.ts';

interface Surroundings {
  readonly tokenDirectory: string;
  readonly askedPause?: ((authUrl: string) => AskedPause) | undefined;
  /** `STAGE_CLIENT_ID` and `STAGE_CLIENT_SECRET` */
  readonly environment: ClientCredentials | undefined;
  /** of the stand-in Globus, where it serves */
  readonly standIn?: {readonly url: string; readonly credentials: string};
}

/** How a profile signs in: as it says, else as a client; as a person where it names nothing but an app. */
export function signInMethod({transfer}: Profile, environment: ClientCredentials | undefined): SignInMethod {
  if (transfer.signIn) return transfer.signIn;
  return transfer.clientId && !transfer.credentials && !environment ? 'native-app' : 'client';
}

/** What the ways to sign in need to know, for one profile. Pure. */
export function signInSettings(
  profile: Profile,
  {tokenDirectory, environment, standIn, askedPause}: Surroundings,
): SignInSettings {
  const {transfer} = profile;
  const authUrl = standIn?.url ?? transfer.authUrl;
  return {
    // The stand-in has a client of its own; variables of the environment are meant for Globus.
    method: signInMethod(profile, standIn ? undefined : environment),
    authUrl,
    askedPause: askedPause?.(authUrl),
    clientId: transfer.clientId,
    credentialsFile: transfer.credentials ?? standIn?.credentials,
    credentials: standIn ? undefined : environment,
    scopes: transfer.scopes,
    tokenStore: transfer.tokenStore ?? 'file',
    tokenDirectory,
    loginCommand: `stage login --profile ${profile.name}`,
  };
}

/** Known before anything is recorded or submitted. @throws {RequestWrong} when the profile cannot sign in at all */
export function requireSignIn(profile: Profile, environment: ClientCredentials | undefined): void {
  const {name, transfer} = profile;
  if (transfer.kind === 'none') return; // whatever asks Globus is told so: requireGlobus
  const method = signInMethod(profile, environment);
  if (method === 'native-app' && !transfer.clientId)
    throw new RequestWrong(`profile "${name}" does not say which app people sign in to Globus with`, {
      code: 'NO_CREDENTIALS',
      why: 'it says sign_in: native-app, and names no transfer.client_id',
      next: [
        'Register a native app ("thick client") at https://app.globus.org/settings/developers',
        'Write its id under transfer: client_id: in the profile.',
      ],
    });
  if (transfer.kind === 'local' || method !== 'client') return;
  if (transfer.credentials || transfer.clientId || environment) return;
  throw new RequestWrong(`profile "${name}" does not say how to sign in to Globus`, {
    code: 'NO_CREDENTIALS',
    why: 'it names no transfer.credentials, no transfer.client_id and no other way under transfer.sign_in',
    next: [
      'As a client: put client_id and client_secret into a JSON file of mode 0600, and name it under transfer: credentials: in the profile.',
      'As yourself: write the id of a native app under transfer: client_id:, then type: stage login',
      'With the login of the globus CLI: write transfer: sign_in: globus-cli (docs/sign-in.md shows each).',
    ],
  });
}

/** @throws {RequestWrong} for a profile of a site that has no Globus */
export function requireGlobus({name, transfer}: Profile): void {
  if (transfer.kind !== 'none') return;
  throw new RequestWrong(`profile "${name}" has no Globus`, {
    code: 'NO_GLOBUS',
    why: `profile "${name}" says transfer: none`,
    next: [
      'Name another way for this transfer: via: copy, or via: command (docs/transfer-copy.md, docs/transfer-plugins.md).',
      'Or say in the profile how to sign in to Globus (docs/sign-in.md).',
    ],
  });
}
