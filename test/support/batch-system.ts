import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {homedir, tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {parse, stringify} from 'yaml';
import {CLI} from './cli.ts';

/**
 * Which PBS the use-cases run on: the local profile's own stand-in, or, with `STAGE_TEST_PBS=1` (`npm run test:pbs`),
 * whatever `qsub` on PATH belongs to, as a stranger: a profile with `scheduler: pbs` beside the local Globus.
 */
export interface BatchSystem {
  /** name of the profile, and of the state directory below STAGE_HOME */
  readonly profile: string;
  readonly env: Readonly<Record<string, string>>;
  /** file of a PBS command, or its name where PATH has it */
  command(name: string): string;
  /** a foreign server holds other people's jobs, and our own of other tests */
  readonly shared: boolean;
  /** how much longer everything may take than on the stand-in; see {@link patience} */
  readonly patience: number;
  /** what only its manager may do: command lines, as vectors; absent where nobody said how */
  readonly manage: Managing;
}

export interface Managing {
  readonly qmgr?: readonly string[];
  readonly server?: {readonly stop: readonly string[]; readonly start: readonly string[]};
}

/** On a real server: `STAGE_TEST_PBS_QMGR="sudo qmgr"`, `STAGE_TEST_PBS_STOP="sudo systemctl stop pbs"`, `…_START=…`. */
function managingFromEnvironment(): Managing {
  const words = (name: string) => process.env[`STAGE_TEST_PBS_${name}`]?.split(' ').filter(Boolean);
  const [qmgr, stop, start] = [words('QMGR'), words('STOP'), words('START')];
  return {...(qmgr ? {qmgr} : {}), ...(stop && start ? {server: {stop, start}} : {})};
}

const foreign = process.env.STAGE_TEST_PBS === '1';

/**
 * By how much every bound of a test is longer than on the stand-in. A scheduler that looks every ten seconds, and jobs
 * that take seconds to end, ask for 4 and more; `npm run test:pbs` measures it.
 */
export const patience: number = foreign ? Number(process.env.STAGE_TEST_PATIENCE ?? 4) : 1;

/** A bound in milliseconds that suits the server at hand. */
export function patiently(milliseconds: number): number {
  return milliseconds * patience;
}

/** A line of a script that does not end before it is ended: others may have to start meanwhile. */
export const LONG = `sleep ${60 * patience}`;

/** Where worlds lie: on a real cluster a directory that nodes see (`STAGE_TEST_DIRECTORY`, else the home directory). */
export function worldsDirectory(): string {
  if (!foreign) return tmpdir();
  const directory = process.env.STAGE_TEST_DIRECTORY ?? join(homedir(), '.stage-tests');
  mkdirSync(directory, {recursive: true});
  return directory;
}

/** @param configText of the configuration file, for profile `local`; none when absent */
export function batchSystem(root: string, home: string, configText?: string): BatchSystem {
  if (!foreign) {
    if (configText !== undefined) {
      mkdirSync(join(root, 'config', 'stage'), {recursive: true});
      writeFileSync(join(root, 'config', 'stage', 'config.yaml'), configText);
    }
    return {
      profile: 'local',
      env: {
        // Jobs start login shells, and what a developer's own profile does there is not ours to test.
        HOME: root,
        STAGE_HOME: home,
        STAGE_PROFILE: 'local',
        XDG_CONFIG_HOME: join(root, 'config'),
        XDG_CACHE_HOME: join(root, 'cache'),
      },
      command: (name) => join(home, 'stand-ins', 'bin', name),
      shared: false,
      patience,
      manage: {
        qmgr: [join(home, 'stand-ins', 'bin', 'qmgr')],
        server: {
          stop: [CLI, 'local', 'outage', 'pbs', '--mode', 'down'],
          start: [CLI, 'local', 'outage', 'end', 'pbs'],
        },
      },
    };
  }
  const config = join(root, 'config.yaml');
  writeFileSync(config, siteConfig(configText));
  return {
    profile: 'site',
    env: {
      STAGE_HOME: home,
      STAGE_PROFILE: 'site',
      STAGE_CONFIG: config,
      XDG_CACHE_HOME: join(root, 'cache'),
      USER: userInfo().username,
    },
    command: (name) => name,
    shared: true,
    patience,
    manage: managingFromEnvironment(),
  };
}

/**
 * A profile `site` with a PBS that is not ours beside the local Globus: what a test wants of the profile `local`, and
 * what the site needs, from the file that `STAGE_TEST_PBS_PROFILE` names (keys of a profile, such as `queue: debug`).
 */
export function siteConfig(wanted = ''): string {
  const given = process.env.STAGE_TEST_PBS_PROFILE;
  const needed: unknown = given ? parse(readFileSync(given, 'utf8')) : {};
  const {profiles: {local = {}} = {}} = (parse(wanted) ?? {}) as {profiles?: {local?: object}}; // of a test in this repository
  const site = {
    scheduler: {kind: 'pbs', timeout: '30s', commands_per_second: 100, burst: 1000},
    transfer: 'local',
    monitor: {min: '1s', max: '5s'},
    lost_after: `${5 * Math.max(1, patience / 2)}s`,
    ...(needed as object),
    ...local,
  };
  return stringify({profiles: {site}});
}
