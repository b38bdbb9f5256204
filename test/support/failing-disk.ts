import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {shellQuote} from '../../src/base/shell.ts';

export type DiskError = 'ENOSPC' | 'EDQUOT' | 'EROFS' | 'EIO' | 'ESTALE' | 'EACCES' | 'ETIMEDOUT';

export interface Fault {
  readonly error: DiskError;
  /** everything below it fails, and itself */
  readonly directory: string;
  /** the number of the call of a process, from 1, that is the first to fail; 1 when not given */
  readonly first?: number;
  /** how many calls of a process fail from there; all of them when not given */
  readonly count?: number;
  /** reading fails as well */
  readonly reads?: boolean;
}

/** Makes the disk fail for the processes that are started with `env`, while they run too. */
export interface FailingDisk {
  readonly env: Readonly<Record<string, string>>;
  /** a line for a profile's `setup:`, so that jobs that begin while it is broken meet the same disk */
  readonly setup: string;
  /** shell commands for scripts that break the disk themselves */
  toBreak(fault: Fault): string;
  break(fault: Fault): void;
  repair(): void;
  /** note the calls that write below a directory; nothing fails */
  trace(directory: string): void;
  /** it fails, or is traced: what starts now has to meet it */
  isBroken(): boolean;
  /** the calls that failed, or were traced, such as `link /…/facts/compute.1.job.intent.json` */
  calls(): string[];
}

/** A full disk still removes names; the others refuse that as well. */
const CAN_REMOVE: readonly DiskError[] = ['ENOSPC', 'EDQUOT'];

export const hasCompiler = spawnSync('cc', ['--version']).status === 0;

/**
 * Compile failing-disk.c into a directory of the test's. Where there is no `cc` the disks never fail: tests that break
 * them ask `needs(context, 'compiler', hasCompiler)` first.
 *
 * @returns a disk by a name of its own
 */
export function failingDisks(directory: string): (name: string) => FailingDisk {
  if (!hasCompiler) return () => HEALTHY;
  const library = join(directory, 'failing-disk.so');
  const source = join(import.meta.dirname, 'failing-disk.c');
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-w', '-o', library, source, '-ldl']);
  return (name) => diskAt(join(directory, `disk-${name}`), library);
}

const cannotFail = () => {
  throw new Error('this disk cannot fail: there is no C compiler');
};
const HEALTHY: FailingDisk = {
  env: {},
  setup: ':',
  toBreak: cannotFail,
  break: cannotFail,
  repair: () => undefined,
  trace: cannotFail,
  isBroken: () => false,
  calls: () => [],
};

function diskAt(control: string, library: string): FailingDisk {
  const env = {LD_PRELOAD: library, FAILING_DISK: control, UV_USE_IO_URING: '0'};
  const put = (text: string) => {
    writeFileSync(`${control}.new`, text);
    renameSync(`${control}.new`, control); // a process may be reading it: it sees one line or the other
  };
  const line = ({error, directory, first = 1, count = 0, reads = false}: Fault) =>
    `${error} ${first} ${count} w${CAN_REMOVE.includes(error) ? '' : 'u'}${reads ? 'r' : ''} ${directory}`;
  return {
    env,
    setup: `[ ! -e ${shellQuote(control)} ] || export ${Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
    toBreak: (fault) => `echo ${shellQuote(line(fault))} > ${shellQuote(control)}`,
    break: (fault) => put(`${line(fault)}\n`),
    repair: () => rmSync(control, {force: true}),
    isBroken: () => existsSync(control),
    trace(directory) {
      rmSync(`${control}.calls`, {force: true});
      put(`EIO 1 0 t ${directory}\n`);
    },
    calls: () =>
      existsSync(`${control}.calls`) ? readFileSync(`${control}.calls`, 'utf8').split('\n').filter(Boolean) : [],
  };
}
