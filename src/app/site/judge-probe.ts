import {EXIT, type ExitCode} from '../../errors.ts';
import {PROXY_WRONG} from '../../globus-errors.ts';
import {type Finding, fine, problem} from '../shared/findings.ts';
import type {ProbeAnswer} from './probe-job.ts';

const AT_GLOBUS = 'a job signs in to Globus';

/**
 * What a job met at Globus, which this shell has just reached: what failed there, and what to do. Pure.
 *
 * @param here what decides about Globus in the environment of this shell
 */
export function judgeProbe(answer: ProbeAnswer, here: Readonly<Record<string, string>>): Finding {
  const {host, error, variables} = answer;
  if (!error) return fine(AT_GLOBUS, `on ${host} it received a submission id`);
  const kind = kindOf(error);
  const differences = differencesBetween(here, variables);
  return problem(
    AT_GLOBUS,
    [`on ${host}: ${MATTER[kind]}: ${error.what}`, error.why].filter(Boolean).join(': '),
    exitOf(error.exit),
    ...(kind === 'refused' ? error.next : []),
    ...(NEXT[kind] ?? []),
    ...differences,
    'Until then nothing goes on by itself: let cron look, or commands ("stage status").',
  );
}

type Kind = 'keyring' | 'store' | 'sign-in' | 'name' | 'proxy' | 'proxy-wrong' | 'certificate' | 'route' | 'refused';

function kindOf({code, why = ''}: NonNullable<ProbeAnswer['error']>): Kind {
  if (code === 'NO_KEYRING') return 'keyring';
  if (code.startsWith('SYSTEM_')) return 'store';
  if (code === PROXY_WRONG) return 'proxy-wrong';
  if (code === 'SIGN_IN_NEEDED')
    return /cannot be used|no tokens are stored|there is no |holds no login/.test(why) ? 'sign-in' : 'refused';
  if (code !== 'TRANSFER_UNREACHABLE') return 'refused';
  if (/proxy/.test(why)) return 'proxy';
  if (/ENOTFOUND|EAI_AGAIN/.test(why)) return 'name';
  if (/certificate/.test(why)) return 'certificate';
  return 'route';
}

const MATTER: Readonly<Record<Kind, string>> = {
  keyring: 'no keyring answers there',
  store: 'the stored sign-in cannot be read there',
  'sign-in': 'it finds no sign-in there',
  name: 'the name of Globus is not resolved there',
  proxy: 'the proxy does not let it through',
  'proxy-wrong': 'the proxy is named wrongly there',
  certificate: 'the certificate of Globus is not trusted there',
  route: 'Globus cannot be reached from there',
  refused: 'Globus did not let it in',
};

const NETWORK = [
  'Name a queue whose nodes reach the network (often a copy or data mover queue) under "staging" in the profile.',
  'Or, where a proxy leads out, name it under "proxy" in the profile.',
  'Where no node reaches it: write staging: network: false, and let cron run "stage monitor --no-chain" on a submit node.',
];

const NEXT: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  keyring: [
    'A job has no session: write "token_store: file" under transfer: in the profile, then sign in again: stage login',
  ],
  store: [
    'The file must be readable from the node: put STAGE_HOME, or the credentials file, on a file system that nodes share.',
  ],
  'sign-in': [
    'This shell is signed in where the job is not: see the differences below.',
    'Put STAGE_HOME, or what "globus login" keeps in the home directory, on a file system that nodes share.',
  ],
  name: NETWORK,
  route: NETWORK,
  proxy: [
    'Name a proxy that nodes reach under "proxy" in the profile; what the node sets itself can be changed in "setup".',
  ],
  'proxy-wrong': [
    'A job has it from its node, or from "setup" of the profile: correct it there, or name the proxy under "proxy" in the profile.',
  ],
  certificate: ['Name the file of the authority in "setup" of the profile: export NODE_EXTRA_CA_CERTS=/FILE'],
};

function exitOf(exit: number): ExitCode {
  return exit === EXIT.actionNeeded || exit === EXIT.usage ? exit : EXIT.unreachable;
}

/** Settings of this shell that the job does not have, or has otherwise. Pure. */
export function differencesBetween(
  here: Readonly<Record<string, string>>,
  there: Readonly<Record<string, string>>,
): string[] {
  const names = [...new Set([...Object.keys(here), ...Object.keys(there)])].sort();
  return names
    .filter((name) => here[name] !== there[name])
    .map((name) => `${name} is ${here[name] ?? 'not set'} in this shell, and ${there[name] ?? 'not set'} in the job.`);
}
