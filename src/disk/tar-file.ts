import {closeSync, fsyncSync, openSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {EXIT, StageError} from '../errors.ts';

/** Put files and directories into a tar, compressed by gzip, with the times and modes they have. Nothing of it is believed before {@link requireSame}. */
export function packInto(file: string, directory: string, names: readonly string[]): void {
  writeFileSync(file, '', {mode: 0o600, flag: 'wx'}); // tar(1) keeps the mode of what is there
  tar(file, ['--create', '--gzip', '--format=pax', '--file', file, '--directory', directory, '--', ...names]);
}

/** A tar holds each of its files as it is in a directory, to the last byte. @throws {TarFailed} also for one that was cut short */
export function requireSame(file: string, directory: string): void {
  tar(file, ['--compare', '--gzip', '--file', file, '--directory', directory]);
}

/** Take all that a tar holds out of it, and see that it is on the disk. @throws {TarFailed} for one that was cut short */
export function unpackInto(file: string, directory: string): void {
  tar(file, ['--extract', '--gzip', '--preserve-permissions', '--file', file, '--directory', directory]);
  flushAll(directory);
}

function flushAll(directory: string): void {
  for (const entry of readdirSync(directory, {withFileTypes: true})) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) flushAll(path);
    else if (entry.isFile()) flush(path);
  }
  flush(directory);
}

/** @throws the system's error */
export function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } catch (error) {
    // Some network file systems refuse to flush directories; there the server orders names itself.
    if (!['EINVAL', 'EISDIR', 'EACCES', 'EPERM', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  } finally {
    closeSync(file);
  }
}

/** GNU tar, without the options that a person has set for it. */
function tar(file: string, argv: readonly string[]): void {
  const {spawnSync} = process.getBuiltinModule('node:child_process'); // which most commands do without
  const env = {...process.env, TAR_OPTIONS: undefined, GZIP: undefined, LC_ALL: 'C'};
  const ran = spawnSync('tar', argv, {env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});
  if (ran.status === 0) return;
  const said = `${ran.stdout ?? ''}${ran.stderr ?? ''}`.trim().split('\n')[0];
  throw new TarFailed(file, ran.error?.message ?? said ?? `tar ended with ${ran.status ?? ran.signal}`);
}

/** A packed file could not be made, or read. */
export class TarFailed extends StageError {
  readonly path: string;

  constructor(path: string, why: string) {
    super({
      code: 'TAR_FAILED',
      exit: EXIT.unreachable,
      what: `tar could not make or read ${path}`,
      why,
      next: [`See what it holds: tar -tzf ${path}`, 'Nothing was removed.'],
    });
    this.path = path;
  }
}
