import type {RunCommand} from '../process/run-command.ts';
import type {Found} from './area-facts.ts';

/** What lies at a path of the cluster. */
export type PathSeen =
  | ({readonly is: 'there'} & Found)
  /** the directory that would hold it is there, and it is not */
  | {readonly is: 'absent'}
  /** nothing may be concluded */
  | {readonly is: 'unknown'; readonly why: string};

/** A file system that does not answer delays a look by no more than this. */
const TIMEOUT_MS = 5_000;
const KINDS: Readonly<Record<string, Found['kind']>> = {
  directory: 'directory',
  'regular file': 'file',
  'regular empty file': 'file',
};

/**
 * What lies at a path, asked in a process of its own: one that hangs on a file system cannot be ended, and must not hold
 * up what else is looked at.
 */
export async function lookAtPath(run: RunCommand, path: string): Promise<PathSeen> {
  const plain = path.replace(/\/+$/, '') || '/';
  const options = {timeoutMs: TIMEOUT_MS, env: {LC_ALL: 'C'}};
  const [found, real] = await Promise.all([
    run('stat', ['-c', '%d %i %u %F', '--', plain], options),
    run('realpath', ['-z', '-m', '--', plain], options),
  ]);
  const above = plain.slice(0, plain.lastIndexOf('/')) || '/';
  if (found.exitCode === 1 && /: No such file or directory\s*$/.test(found.stderr)) {
    const held = await run('stat', ['-L', '-c', '%F', '--', above], options);
    if (held.exitCode === 0 && held.stdout.trim() === 'directory') return {is: 'absent'};
    return {is: 'unknown', why: `${above} is not there, either`};
  }
  const [, device, file, owner, kind] = /^(\d+) (\d+) (\d+) (.+)\n$/.exec(found.stdout) ?? [];
  if (found.exitCode !== 0 || kind === undefined || real.exitCode !== 0) return {is: 'unknown', why: saidOf(found)};
  const known = KINDS[kind];
  if (known === undefined) return {is: 'unknown', why: `it is a ${kind}`};
  return {
    is: 'there',
    path: plain,
    real: real.stdout.replace(/\0$/, ''),
    kind: known,
    device: device ?? '',
    file: file ?? '',
    owner: Number(owner),
  };
}

function saidOf({timedOut, failure, stderr}: Awaited<ReturnType<RunCommand>>): string {
  if (timedOut) return 'its file system did not answer in time';
  return failure ?? (stderr.trim() || 'it cannot be seen');
}
