import {mkdirSync, writeFileSync} from 'node:fs';
import {homedir, tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
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
  /** how much longer everything may take than on the stand-in */
  readonly patience: number;
  /** what only its manager may do; undefined where nobody said how */
  readonly manage: Managing | undefined;
}

/** Command lines, as vectors. */
export interface Managing {
  readonly qmgr: readonly string[];
  readonly stop: readonly string[];
  readonly start: readonly string[];
}

/** On a real server: `STAGE_TEST_PBS_QMGR="sudo qmgr"`, `STAGE_TEST_PBS_STOP="sudo systemctl stop pbs"`, `…_START=…`. */
function managingFromEnvironment(): Managing | undefined {
  const words = (name: string) => process.env[`STAGE_TEST_PBS_${name}`]?.split(' ').filter(Boolean);
  const [qmgr, stop, start] = [words('QMGR'), words('STOP'), words('START')];
  return qmgr && stop && start ? {qmgr, stop, start} : undefined;
}

const foreign = process.env.STAGE_TEST_PBS === '1';

/** Where worlds lie: on a real cluster a directory that nodes see (`STAGE_TEST_DIRECTORY`, else the home directory). */
export function worldsDirectory(): string {
  if (!foreign) return tmpdir();
  const directory = process.env.STAGE_TEST_DIRECTORY ?? join(homedir(), '.stage-tests');
  mkdirSync(directory, {recursive: true});
  return directory;
}

export function batchSystem(root: string, home: string): BatchSystem {
  if (!foreign)
    return {
      profile: 'local',
      env: {
        // Jobs start login shells, and what a developer's own profile does there is not ours to test.
        HOME: root,
        STAGE_HOME: home,
        STAGE_PROFILE: 'local',
        XDG_CONFIG_HOME: join(root, 'no-config'),
        XDG_CACHE_HOME: join(root, 'cache'),
      },
      command: (name) => join(home, 'stand-ins', 'bin', name),
      shared: false,
      patience: 1,
      manage: {
        qmgr: [join(home, 'stand-ins', 'bin', 'qmgr')],
        stop: [process.execPath, CLI, 'local', 'outage', 'pbs', '--mode', 'down'],
        start: [process.execPath, CLI, 'local', 'outage', 'end', 'pbs'],
      },
    };
  const config = join(root, 'config.yaml');
  writeFileSync(
    config,
    'profiles:\n  site:\n    scheduler: {kind: pbs, timeout: 30s}\n    transfer: local\n    monitor: {min: 1s, max: 5s}\n    lost_after: 5s\n',
  );
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
    patience: 4,
    manage: managingFromEnvironment(),
  };
}
