import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {startWorker} from '../../src/process/worker.ts';

// Real processes.

const node = (program: string) => startWorker(process.execPath, ['-e', program]);
const ECHO = `
  require('node:readline').createInterface({input: process.stdin}).on('line', (line) => {
    if (line === 'end') process.exit(3);
    console.log(process.pid + ' ' + line);
  });`;

test('answers one line after the other, from the same process', async () => {
  const worker = node(ECHO);
  const [first, second] = [await worker.ask('a', 30_000), await worker.ask('b'.repeat(200_000), 30_000)];
  expect([first?.split(' ')[1], second?.split(' ')[1]]).toEqual(['a', 'b'.repeat(200_000)]);
  expect(first?.split(' ')[0]).toBe(second?.split(' ')[0]);
});

test('one that ends gives no answer, and another one is started for the next question', async () => {
  const worker = node(ECHO);
  expect(await worker.ask('end', 30_000)).toBeUndefined();
  expect(await worker.ask('a', 30_000)).toMatch(/ a$/);
});

test('one that cannot be started gives no answer', async () => {
  expect(await startWorker('/no/such/command', []).ask('a', 30_000)).toBeUndefined();
});

test('one that waits in a call of the system, as for a file server that does not answer, is not waited for', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'worker-'));
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}));
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(await node(`require('node:fs').openSync(${JSON.stringify(pipe)}, 'r')`).ask('a', 300)).toBeUndefined();
});

test('one that is not asked any more keeps no process from its end', () => {
  const module = join(import.meta.dirname, '../../src/process/worker.ts');
  const program = `
    const {startWorker} = await import(${JSON.stringify(module)});
    const worker = startWorker(process.execPath, ['-e', ${JSON.stringify(ECHO)}]);
    console.log((await worker.ask('a', 30_000)).split(' ')[1]);`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(said).toBe('a\n');
});
