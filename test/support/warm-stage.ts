import {readFileSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import {cleanEnvironment, type Ran, type RunOptions, ranOf, runStage} from './cli.ts';

/** The directory of warm-pool.mjs, where there is one: see warm-setup.ts. */
const POOL = process.env.STAGE_TEST_WARM;

/** Stands for `bin/stage` in scripts, where there is a pool: the command is run there. */
export const WARM_STAGE = POOL === undefined ? undefined : join(POOL, 'stage');

/** What Node.js has compiled for earlier commands, where there is a pool. */
export const COMPILED = POOL === undefined ? undefined : join(POOL, 'compiled');

/**
 * As `runStage`, in a process that has run other commands before it. Commands that are asked for at once run at once,
 * each in another process; one that dies, or whose time has run out, takes its process along.
 *
 * @throws {Error} for what reached the top of the built entry, which shows all errors itself
 */
export function runWarm(argv: readonly string[], options: RunOptions): Promise<Ran> {
  return POOL === undefined ? runStage(argv, options) : runIn(POOL, argv, options);
}

async function runIn(pool: string, argv: readonly string[], {env = {}, cwd, timeoutMs}: RunOptions): Promise<Ran> {
  const {port, token} = JSON.parse(readFileSync(join(pool, 'address.json'), 'utf8')) as {port: number; token: string}; // written by warm-pool.mjs
  const question = [
    token,
    join(pool, 'stage'), // what jobs shall call, too
    cwd ?? process.cwd(),
    '022',
    String(argv.length),
    ...argv,
    ...Object.entries(cleanEnvironment(env)).map(([name, value]) => `${name}=${value}`),
    'X=',
  ];
  const text = await exchange(port, `${question.join('\0')}\0\0`, (timeoutMs ?? 60_000) * (process.env.CI ? 3 : 1));
  const [exitCode = '', stderr = '', defect = '', , ...stdout] = text.split('\0');
  if (exitCode === '') return ranOf(argv, {exitCode: -1, stdout: '', stderr: ''}); // it was killed
  if (defect !== '') throw new Error(`stage ${argv.join(' ')}: ${defect}`);
  return ranOf(argv, {exitCode: Number(exitCode), stdout: stdout.join('\0'), stderr});
}

/** @returns what was answered until the other side, or the time, ended it */
function exchange(port: number, question: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => undefined); // then it closes
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.write(question);
  });
}
