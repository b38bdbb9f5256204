import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {randomBytes, randomUUID} from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {connect} from 'node:net';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {holdToContract} from '../../src/app/transfers/plugin-check.ts';
import {SignInNeeded} from '../../src/globus-errors.ts';
import {createRunCommand} from '../../src/process/run-command.ts';
import {askProgram} from '../../src/transfer/command/ask-program.ts';
import {type Plugin, readTasks} from '../../src/transfer/plugin-contract.ts';
import {freePort} from '../support/loopback-ssh.ts';
import {until} from '../support/until.ts';

const PROGRAM = join(import.meta.dirname, '../../examples/plugins/globus-url-copy.mjs');
const SERVER = '/usr/sbin/globus-gridftp-server';
const LACKING = [SERVER, '/usr/bin/globus-url-copy'].filter((path) => !existsSync(path)).join(' and ');
if (LACKING) console.log(`tests of the example for globus-url-copy are skipped: this machine has no ${LACKING}`);

describe.skipIf(LACKING !== '')('the example for globus-url-copy, with a real GridFTP server', () => {
  const home = mkdtempSync(join(tmpdir(), 'stage gridftp-'));
  const at = (path: string) => join(home, path);
  const BIG = randomBytes(3_000_000);
  let server: ChildProcess;
  const state = at('state');
  const plugin: Plugin = {
    stateDirectory: state,
    ask: (verb, question) =>
      askProgram(PROGRAM, verb, question, {
        run: createRunCommand(),
        timeoutMs: 20_000,
        env: {HOME: home, PATH: process.env.PATH},
        node: process.execPath,
      }),
  };
  const startOf = (id: string, from: string, to: string, recursive = false, hosts = ['archive', 'localhost']) => ({
    version: 1,
    id,
    state_directory: state,
    from: {host: hosts[0]},
    to: {host: hosts[1]},
    items: [{from, to, recursive}],
    options: {verify_checksum: true},
  });
  const shown = async (task: string) =>
    readTasks((await plugin.ask('show', {version: 1, state_directory: state, tasks: [task]})).tasks).get(task);
  const untilEnd = (task: string) =>
    until('its end', async () => {
      const seen = await shown(task);
      return seen?.state !== 'active' && seen?.state !== 'queued' && seen;
    });

  beforeAll(async () => {
    const port = await freePort();
    for (const name of ['state', '.config/stage', 'data/deep']) mkdirSync(at(name), {recursive: true});
    writeFileSync(
      at('.config/stage/globus-url-copy.json'),
      JSON.stringify({hosts: {archive: `ftp://127.0.0.1:${port}`}}),
    );
    writeFileSync(at('data/big file'), BIG);
    writeFileSync(at('data/deep/100%'), 'hi');
    const options = [
      '-p',
      String(port),
      '-control-interface',
      '127.0.0.1',
      '-data-interface',
      '127.0.0.1',
      '-aa',
      '-anonymous-user',
      userInfo().username,
      '-no-chdir',
      ...(userInfo().uid === 0 ? ['-allow-root'] : []),
    ];
    server = spawn(SERVER, options, {stdio: 'ignore'});
    await until(
      'the server listens',
      () =>
        new Promise<boolean>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => {
            socket.destroy();
            resolve(true);
          });
          socket.on('error', () => resolve(false));
        }),
    );
  });
  afterAll(() => {
    server?.kill('SIGKILL');
    rmSync(home, {recursive: true, force: true, maxRetries: 5});
  });

  test('keeps every promise of the contract', async () => {
    const found = await holdToContract(plugin, {
      from: {collection: 'archive', path: at('data/big file')},
      to: {collection: 'localhost', path: at('out/copy')},
      timeoutMs: 60_000,
      clock: Date.now,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
    expect(found.filter(({level}) => level !== 'ok')).toEqual([]);
    expect(readFileSync(at('out/copy.1')).equals(BIG)).toBe(true);
  });

  test('moves a tree there, and names that a URL would change are names', async () => {
    const {task} = await plugin.ask(
      'start',
      startOf(randomUUID(), `${at('data')}/`, `${at('there')}/`, true, ['localhost', 'archive']),
    );
    expect(await untilEnd(task)).toMatchObject({state: 'succeeded'});
    expect(readFileSync(at('there/big file')).equals(BIG)).toBe(true);
    expect(readFileSync(at('there/deep/100%'), 'utf8')).toBe('hi');
  });

  test('a worker that was killed is followed by another when its beat is old, and that one finishes', async () => {
    // One that stands still: its client never ends.
    const bin = at('bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'globus-url-copy'), '#!/bin/sh\nexec sleep 300\n', {mode: 0o700});
    const id = randomUUID();
    const run = createRunCommand();
    const question = startOf(id, at('data/big file'), at('late/copy'));
    await askProgram(PROGRAM, 'start', question, {
      run,
      timeoutMs: 20_000,
      env: {HOME: home, PATH: `${bin}:${process.env.PATH}`},
      node: process.execPath,
    });
    const beat = join(state, id, 'worker.1', 'beat');
    await until('a worker is at it', () => existsSync(beat));
    const pids = execFileSync('pgrep', ['-f', `worker ${join(state, id)} 1`], {encoding: 'utf8'})
      .trim()
      .split('\n');
    const clients = execFileSync('pgrep', ['-P', pids[0] ?? ''], {encoding: 'utf8'})
      .trim()
      .split('\n');
    for (const pid of [...pids, ...clients]) process.kill(Number(pid), 'SIGKILL');
    expect(await shown(id)).toMatchObject({state: 'active'});
    utimesSync(beat, new Date(0), new Date(0));
    expect(await untilEnd(id)).toMatchObject({state: 'succeeded', faults: 1});
    expect(readFileSync(at('late/copy')).equals(BIG)).toBe(true);
    expect(readdirSync(join(state, id)).filter((name) => name.startsWith('worker.'))).toEqual(['worker.1', 'worker.2']);
  });

  test('without a credential a person is asked for one, and nothing is begun', async () => {
    const id = randomUUID();
    const env = {HOME: home, PATH: process.env.PATH, X509_USER_PROXY: at('none')};
    const ask = askProgram(PROGRAM, 'start', startOf(id, '/a', '/b', false, ['gridftp.example.org', 'localhost']), {
      run: createRunCommand(),
      timeoutMs: 20_000,
      env,
      node: process.execPath,
    });
    await expect(ask).rejects.toThrow(SignInNeeded);
    expect(existsSync(join(state, id))).toBe(false);
  });
});
