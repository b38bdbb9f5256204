import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {runApart} from '../../src/process/run-apart.ts';

// Real processes, which hang.

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'apart-'));
  onTestFinished(() => rmSync(made, {recursive: true, force: true}));
  return made;
}

const node = (program: string, limitMs: number) => runApart(process.execPath, ['-e', program], {limitMs, graceMs: 100});

test('a command that ends says how', async () => {
  expect(await node('console.log("out"); console.error("err"); process.exitCode = 3', 30_000)).toEqual({
    is: 'ended',
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
});

test('one that cannot be started says why', async () => {
  expect(await runApart('/no/such/command', [], {limitMs: 1000})).toMatchObject({
    is: 'ended',
    exitCode: undefined,
    stderr: expect.stringContaining('ENOENT'),
  });
});

test('one that waits in a call of the system, as for a file server that does not answer, is ended', async () => {
  const pipe = join(directory(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(await node(`require('node:fs').openSync(${JSON.stringify(pipe)}, 'r')`, 300)).toEqual({is: 'hung'});
});

test('one that ignores TERM is killed, and what it had started with it', async () => {
  const file = join(directory(), 'pid');
  const program = `
    process.on('SIGTERM', () => {});
    const {spawn} = require('node:child_process');
    const child = spawn('sleep', ['60'], {stdio: 'inherit'});
    require('node:fs').writeFileSync(${JSON.stringify(file)}, String(child.pid));
    setInterval(() => {}, 1000);`;
  expect(await node(program, 2000)).toEqual({is: 'hung'});
  const pid = readFileSync(file, 'utf8');
  await expect.poll(() => !existsSync(`/proc/${pid}/fd/0`) || isZombie(pid), {timeout: 5000}).toBe(true);
});

function isZombie(pid: string): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}
