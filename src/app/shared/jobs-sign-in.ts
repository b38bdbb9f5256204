import type {Environment} from '../../base/environment.ts';
import type {Profile} from '../../config/profile.ts';
import {
  GLOBUS_VARIABLES,
  globusVariablesIn,
  keepGlobusVariables,
  readGlobusVariables,
} from '../../ledger/globus-variables.ts';
import type {Ledger} from '../../ledger/ledger.ts';
import {type Finding, note} from './findings.ts';

interface Surroundings {
  readonly profile: Profile;
  readonly ledger: Pick<Ledger, 'layout'>;
}

/** Jobs of stage sign in to Globus by what is kept for a person. */
function jobsSignIn({staging, transfer}: Profile): boolean {
  return staging.network && transfer.kind === 'globus';
}

/** What of this shell lets it reach Globus, and jobs do not have. */
export function findForJobs({profile, ledger}: Surroundings, env: Environment): Finding[] {
  if (!jobsSignIn(profile)) return [];
  return [
    ...keyring(profile),
    ...otherLogin(profile, globusVariablesIn(env), readGlobusVariables(ledger.layout.home)),
    ...ownProxy(profile, env),
  ];
}

function keyring({transfer}: Profile): Finding[] {
  if (transfer.tokenStore !== 'keyring') return [];
  return [
    note(
      'jobs cannot read the keyring',
      'launchers and monitors run on nodes, where there is no session: they cannot sign in to Globus',
      'Write "token_store: file" under transfer: in the profile, then sign in again: stage login',
      'Or let cron, or commands of this session, look: stage monitor',
    ),
  ];
}

/** Jobs use the login of the globus CLI that the last run was begun with. */
function otherLogin(
  {transfer}: Profile,
  here: Readonly<Record<string, string>>,
  kept: Readonly<Record<string, string>> | undefined,
): Finding[] {
  if (transfer.signIn !== 'globus-cli' || kept === undefined) return [];
  const differ = GLOBUS_VARIABLES.filter((name) => here[name] !== kept[name]);
  if (differ.length === 0) return [];
  const said = (of: Readonly<Record<string, string>>) => differ.map((name) => `${name}=${of[name] ?? ''}`).join(' ');
  return [
    note(
      'jobs sign in with another login of the globus CLI than this shell',
      `jobs have ${said(kept)}, as the last run was begun with; this shell has ${said(here)}`,
      '"stage run" of a new run, or of one that is under way, gives all jobs what its shell has.',
    ),
  ];
}

function ownProxy({proxy}: Profile, env: Environment): Finding[] {
  const named = ['https_proxy', 'HTTPS_PROXY'].filter((name) => env[name]);
  if (proxy?.https !== undefined || named.length === 0) return [];
  return [
    note(
      `${named.join(' and ')} of this shell is not handed to jobs`,
      'launchers and monitors reach Globus as their nodes do',
      'If nodes need a proxy, name it in the profile: proxy: {https: "http://HOST:PORT"}',
      'See whether a job reaches Globus: stage doctor --job',
    ),
  ];
}

/** A run begins, or goes on, by a person's command: jobs are to sign in with the login that it has. */
export function keepForJobs({profile, ledger}: Surroundings, env: Environment): void {
  if (jobsSignIn(profile) && profile.transfer.signIn === 'globus-cli')
    keepGlobusVariables(ledger.layout.home, globusVariablesIn(env));
}
