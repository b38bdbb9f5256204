import {execFileSync, spawn} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {userInfo} from 'node:os';
import {join} from 'node:path';
import {until} from './until.ts';

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path));

/** Why there is no rsync, or no sshd, to test with; undefined where there are. */
export function lacking(...commands: readonly ('rsync' | 'sshd')[]): string | undefined {
  const has = {rsync: existsSync('/usr/bin/rsync') || existsSync('/usr/local/bin/rsync'), sshd: SSHD !== undefined};
  const missing = commands.filter((command) => !has[command]);
  return missing.length > 0 ? `this machine has no ${missing.join(' and no ')}` : undefined;
}

export interface LoopbackSsh {
  /** a configuration file of ssh, in which it is the host `archive`, and `nowhere` is one that does not answer */
  readonly config: string;
  stop(): Promise<void>;
}

/** A real sshd on loopback, for the user who runs the tests: its host key, its port and its keys are its own. */
export async function loopbackSsh(directory: string): Promise<LoopbackSsh> {
  if (!SSHD) throw new Error('there is no sshd');
  mkdirSync(directory, {recursive: true, mode: 0o700});
  const at = (name: string) => join(directory, name);
  for (const name of ['host', 'user', 'stranger'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
  const [port, closed] = [await freePort(), await freePort()];
  writeFileSync(at('authorized_keys'), execFileSync('cat', [at('user.pub')]), {mode: 0o600});
  const hostKey = execFileSync('cat', [at('host.pub')], {encoding: 'utf8'})
    .split(' ')
    .slice(0, 2)
    .join(' ');
  writeFileSync(at('known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
  writeFileSync(
    at('sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${at('host')}`,
      `AuthorizedKeysFile ${at('authorized_keys')}`,
      `PidFile ${at('sshd.pid')}`,
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'StrictModes no',
      '',
    ].join('\n'),
  );
  const host = (name: string, number: number, key: string) =>
    [
      `Host ${name}`,
      '  HostName 127.0.0.1',
      `  Port ${number}`,
      `  User ${userInfo().username}`,
      `  IdentityFile ${at(key)}`,
      '  IdentitiesOnly yes',
      `  UserKnownHostsFile ${at('known_hosts')}`,
      '  StrictHostKeyChecking yes',
    ].join('\n');
  writeFileSync(
    at('ssh_config'),
    `${host('archive', port, 'user')}\n${host('stranger', port, 'stranger')}\n${host('nowhere', closed, 'user')}\n`,
  );
  chmodSync(at('ssh_config'), 0o600);
  if (userInfo().uid === 0) mkdirSync('/run/sshd', {recursive: true, mode: 0o755}); // its privilege separation takes no other
  const server = spawn(SSHD, ['-D', '-e', '-f', at('sshd_config')], {stdio: 'ignore'});
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  await until('sshd listens', async () => {
    try {
      execFileSync('ssh', ['-F', at('ssh_config'), '-o', 'BatchMode=yes', 'archive', 'true'], {
        stdio: 'ignore',
        timeout: 10_000,
      });
      return true;
    } catch {
      return false;
    }
  });
  return {
    config: at('ssh_config'),
    async stop() {
      server.kill('SIGTERM');
      await ended;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
