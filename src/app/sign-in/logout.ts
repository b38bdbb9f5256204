import type {SignInSettings} from '../../auth/open-tokens.ts';
import {RequestWrong} from '../../errors.ts';
import type {SignInStage} from '../../wiring/stage.ts';

export interface LogoutReport {
  readonly profile: string;
  readonly signedInBy: SignInSettings['method'];
  /** how many tokens Globus has withdrawn */
  readonly withdrawn: number;
  /** there was something to remove here */
  readonly removed: boolean;
  /** a secret that was left where it is */
  readonly left?: string;
}

/**
 * Revoke the tokens of a profile at Globus, and delete them here. Nothing is removed while Globus cannot be queried.
 *
 * @param forget remove them here without asking Globus
 * @throws {TransferUnreachable} {RequestWrong} for a sign-in that is not ours to end
 */
export async function logout(stage: SignInStage, {forget}: {readonly forget: boolean}): Promise<LogoutReport> {
  const settings = await stage.signIn();
  const {method, credentialsFile} = settings;
  if (method === 'globus-cli')
    throw new RequestWrong('this profile uses the sign-in of the globus CLI', {
      why: 'it is not ended here, since other programs use it too',
      next: ['End it with: globus logout'],
    });
  const ended = method === 'client' ? await endClient(settings, forget) : await endPerson(settings, forget);
  const left = settings.credentials ? 'STAGE_CLIENT_SECRET' : credentialsFile;
  return {
    profile: stage.profile.name,
    signedInBy: method,
    ...ended,
    ...(method === 'client' && left !== undefined ? {left} : {}),
  };
}

async function endPerson(settings: SignInSettings, forget: boolean) {
  const {openNativeSignIn} = await import('../../auth/native-sign-in.ts');
  const {revokeToken} = await import('../../auth/globus-auth.ts');
  const {authUrl, clientId = ''} = settings;
  const kept = openNativeSignIn(settings);
  let withdrawn = 0;
  if (!forget)
    for (const {accessToken, refreshToken} of await kept.all())
      for (const token of [refreshToken, accessToken]) {
        if (token === undefined) continue;
        await revokeToken({authUrl}, token, clientId);
        withdrawn += 1;
      }
  return {withdrawn, removed: await kept.forget()};
}

async function endClient(settings: SignInSettings, forget: boolean) {
  const {openClientTokens} = await import('../../auth/open-tokens.ts');
  const {revokeToken} = await import('../../auth/globus-auth.ts');
  const tokens = openClientTokens(settings);
  const [kept, credentials] = [await tokens.current(), await tokens.credentials()];
  const ask = !forget && kept !== undefined && credentials !== undefined;
  if (ask) await revokeToken({authUrl: settings.authUrl}, kept.accessToken, credentials);
  return {withdrawn: ask ? 1 : 0, removed: await tokens.forget()};
}
