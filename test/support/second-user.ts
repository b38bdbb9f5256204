import {spawnSync} from 'node:child_process';
import {chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {CLI, type Ran, runProgram} from './cli.ts';

/** A user of this machine, with a home of mode 0755, as many are. */
export interface MachineUser {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  /** Run a program with umask 002. */
  run(program: string, argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  stage(...argv: string[]): Promise<Ran>;
}

export interface TwoUsers {
  /** who works with stage */
  readonly owner: MachineUser;
  /** who is in the same group, and curious */
  readonly other: MachineUser;
  readonly group: number;
  /** a directory that both can come to */
  readonly top: string;
  remove(): void;
}

/**
 * Two real users of this machine, in one group, made for a test.
 *
 * @returns why none can be made here
 */
export async function twoUsers(): Promise<TwoUsers | string> {
  if (process.getuid?.() !== 0) return 'only root may make users';
  for (const tool of ['useradd', 'userdel', 'groupadd', 'groupdel', 'setpriv'])
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) return `there is no ${tool}`;
  const top = mkdtempSync('/tmp/stage-users-'); // the directory of the suite is its owner's alone
  chmodSync(top, 0o755);
  const word = `st${process.pid}`;
  const made: (() => void)[] = [() => rmSync(top, {recursive: true, force: true})];
  const remove = () => {
    for (const undo of made.reverse()) undo();
  };
  try {
    const group = system('groupadd', `${word}g`) ?? idOf('group', `${word}g`);
    if (typeof group === 'string') return group;
    made.push(() => void spawnSync('groupdel', [`${word}g`]));
    const users: MachineUser[] = [];
    for (const name of [`${word}a`, `${word}b`]) {
      const failed = system('useradd', '-M', '-d', join(top, name), '-s', '/bin/sh', '-U', '-G', `${word}g`, name);
      if (failed !== undefined) return failed;
      made.push(() => void spawnSync('userdel', [name]));
      const user = machineUser(name, top);
      made.push(() => endProcessesOf(user.uid));
      users.push(user);
    }
    const [owner, other] = users;
    if (!owner || !other) return 'no users were made';
    const tried = await owner.run(CLI, ['--version']);
    if (tried.exitCode !== 0) {
      remove();
      return `other users cannot start ${CLI}: ${tried.stderr.trim()}`;
    }
    return {owner, other, group, top, remove};
  } catch (error) {
    remove();
    throw error;
  }
}

/** @returns what it said when it failed */
function system(command: string, ...argv: string[]): string | undefined {
  const {status, stderr} = spawnSync(command, argv, {encoding: 'utf8'});
  return status === 0 ? undefined : `${command}: ${stderr.trim()}`;
}

/** What a test that failed has left running. */
function endProcessesOf(uid: number): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (statSync(`/proc/${pid}`).uid === uid) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // it has ended by itself
    }
  }
}

function idOf(database: 'passwd' | 'group', name: string): number {
  return Number(spawnSync('getent', [database, name], {encoding: 'utf8'}).stdout.split(':')[2]);
}

function machineUser(name: string, top: string): MachineUser {
  const home = join(top, name);
  const uid = idOf('passwd', name);
  mkdirSync(home);
  chmodSync(home, 0o755);
  chownSync(home, uid, idOf('group', name));
  const run: MachineUser['run'] = (program, argv, env = {}) =>
    runProgram(
      'setpriv',
      ['--reuid', name, '--regid', name, '--init-groups', 'sh', '-c', 'umask 002; exec "$@"', 'sh', program, ...argv],
      {
        cwd: home,
        env: {PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: home, LANG: 'C.UTF-8', ...env},
      },
    );
  return {
    name,
    uid,
    home,
    run,
    stage: (...argv) => run(CLI, argv, {STAGE_HOME: join(home, 'state'), STAGE_PROFILE: 'local'}),
  };
}
