import {shellWord} from '../base/shell.ts';
import type {Demands} from './read-error.ts';

/** How the user signs in, so that advice fits. */
export interface SignInWay {
  /** what is typed to sign in: `stage login --profile cluster` */
  readonly login: string;
  readonly method: 'native-app' | 'client' | 'globus-cli';
}

/**
 * What to type so that all demands are met by one sign-in: a later one that met the rest would undo the first. Pure.
 *
 * @returns a sentence each, commands whole and quoted for a shell
 */
export function adviseSignIn(demands: Demands, way: SignInWay): string[] {
  const session = wordsForSession(demands);
  if (way.method === 'globus-cli') return withCli(demands, session);
  const command = [way.login, ...consentFlags(demands.scopes), ...sessionFlags(demands)].join(' ');
  if (session.length === 0)
    return [demands.scopes.length > 0 ? `Give your consent: ${command}` : `Sign in again: ${command}`];
  const wanted = `Sign in again ${session.join(', ')}${demands.scopes.length > 0 ? ', and give your consent' : ''}`;
  if (way.method === 'native-app') return [`${wanted}: ${command}`];
  return [
    `${wanted}. A client cannot: write sign_in: native-app and a client_id: into the profile (docs/sign-in.md), then type: ${command}`,
    'Or ask the manager of the collection to admit this client without it.',
  ];
}

function withCli(demands: Demands, session: readonly string[]): string[] {
  const {scopes, identities, domains, policies} = demands;
  const whom = [...identities, ...domains].map(shellWord);
  const policy = policies.length > 0 ? [`--policy ${shellWord(policies.join(','))}`] : [];
  const update = ['globus session update', ...policy, ...whom].join(' ');
  return [
    ...(scopes.length > 0
      ? [`Give the consent of the globus CLI: globus session consent ${scopes.map(shellWord).join(' ')}`]
      : []),
    ...(session.length > 0 ? [`Sign in again ${session.join(', ')}: ${update}`] : []),
    ...(scopes.length + session.length === 0 ? ['Sign in again: globus login --force'] : []),
  ];
}

function wordsForSession({identities, domains, policies, mfa}: Demands): string[] {
  return [
    ...(identities.length > 0 ? [`as ${identities.join(' or ')}`] : []),
    ...(domains.length > 0 ? [`with an identity of ${domains.join(' or ')}`] : []),
    ...(policies.length > 0 ? [`in a way that meets the policy ${policies.join(' and ')}`] : []),
    ...(mfa ? ['with a second factor'] : []),
  ];
}

function sessionFlags({identities, domains, policies, mfa}: Demands): string[] {
  return [
    ...identities.map((name) => `--identity ${shellWord(name)}`),
    ...domains.map((name) => `--domain ${shellWord(name)}`),
    ...policies.map((name) => `--policy ${shellWord(name)}`),
    ...(mfa ? ['--mfa'] : []),
  ];
}

const DATA_ACCESS = /https:\/\/auth\.globus\.org\/scopes\/([0-9a-f-]{36})\/data_access/g;
/** Transfer's own scope with nothing but collections in its brackets, which `--collection` asks for. */
const FOR_COLLECTIONS =
  /^urn:globus:auth:scope:transfer\.api\.globus\.org:all\[(\s*\*?https:\/\/auth\.globus\.org\/scopes\/[0-9a-f-]{36}\/data_access)+\s*\]$/;

function consentFlags(scopes: readonly string[]): string[] {
  const flags = scopes.flatMap((scope) =>
    FOR_COLLECTIONS.test(scope)
      ? [...scope.matchAll(DATA_ACCESS)].map(([, id]) => `--collection ${id}`)
      : [`--scope ${shellWord(scope)}`],
  );
  return [...new Set(flags)];
}
