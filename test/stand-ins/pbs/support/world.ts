import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {execa} from 'execa';
import {build} from 'rolldown';
import type {Lasts} from '../../../../src/stand-ins/day.ts';
import {type CommandOptions, writeCommands} from '../../../../src/stand-ins/pbs/commands.ts';
import {askPbs} from '../../../support/ask-pbs.ts';
import {type Daemon, serve} from './daemon.ts';

/** A stand-in PBS with its commands on PATH, a home directory, and ways to wait. */
export interface World {
  readonly home: string;
  readonly root: string;
  readonly bin: string;
  /** what its commands were written with */
  readonly commands: CommandOptions;
  readonly env: Record<string, string>;
  /** run a line of bash with the commands on PATH, in the home directory */
  sh(
    line: string,
    more?: {env?: Record<string, string>; cwd?: string; input?: string},
  ): Promise<{out: string; err: string; rc: number}>;
  /** a script in the home directory */
  script(name: string, text: string): void;
  /** submit and return the id */
  qsub(args: string): Promise<string>;
  /** attributes of one job, finished ones too, as qstat gets them; undefined when unknown */
  job(id: string): Promise<Record<string, unknown> | undefined>;
  state(id: string): Promise<string>;
  until(what: string, holds: () => boolean | Promise<boolean>, seconds?: number): Promise<void>;
  finished(id: string, seconds?: number): Promise<Record<string, unknown>>;
  read(name: string): string;
  restart(how: 'close' | 'stop'): Promise<void>;
  /** run the daemon as a process of its own */
  separate(): Promise<void>;
  /** kill that process as nothing can be caught */
  kill(): Promise<void>;
  daemon(): Daemon;
  close(): Promise<void>;
}

let bundles: Promise<{client: string; daemon: string}> | undefined;

/** Bundle the client and the daemon once for all tests of a file. */
async function bundled(): Promise<{client: string; daemon: string}> {
  const dir = mkdtempSync(join(tmpdir(), 'stage-pbs-bundle-'));
  const one = async (input: string, file: string): Promise<string> => {
    const out = join(dir, file);
    await build({
      input,
      platform: 'node',
      output: {file: out, format: 'esm', codeSplitting: false},
      logLevel: 'silent',
    });
    return out;
  };
  const here = join(import.meta.dirname, '..', '..', '..', '..');
  process.once('exit', () => rmSync(dir, {recursive: true, force: true}));
  return {
    client: await one(join(here, 'src/stand-ins/pbs/client.ts'), 'client.mjs'),
    daemon: await one(join(here, 'test/stand-ins/pbs/support/daemon-main.ts'), 'daemon-main.mjs'),
  };
}

export async function openWorld(options: {serverName?: string; user?: string; lasts?: Lasts} = {}): Promise<World> {
  bundles ??= bundled();
  const {client, daemon: daemonJs} = await bundles;
  const top = mkdtempSync(join(tmpdir(), 'stage-pbs-'));
  const serverName = options.serverName ?? 'stage-local';
  const [home, root, bin, socketPath] = [
    join(top, 'home'),
    join(top, 'pbs'),
    join(top, "bin with 'quotes'"),
    join(top, 'sock'),
  ];
  mkdirSync(home);
  const commands = {node: process.execPath, clientJs: client, socketPath, serverName};
  writeCommands(bin, commands);
  const env: Record<string, string> = {
    HOME: home,
    LOGNAME: 'alice',
    SHELL: '/bin/bash',
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    TZ: 'UTC',
    STAGE_LOCAL_USER: options.user ?? 'alice',
  };
  let daemon = await serve(root, socketPath, serverName, options.lasts);
  let child: ChildProcess | undefined;
  /** the daemon is, or was, a process of its own */
  let own = false;

  const world: World = {
    home,
    root,
    bin,
    commands,
    env,
    async sh(line, more = {}) {
      const done = await execa('/bin/bash', ['-c', line], {
        cwd: more.cwd ?? home,
        env: {...env, ...more.env},
        extendEnv: false,
        reject: false,
        stripFinalNewline: false,
        input: more.input ?? '',
      });
      return {out: done.stdout, err: done.stderr, rc: done.exitCode ?? -1};
    },
    script(name, text) {
      writeFileSync(join(home, name), text);
    },
    async qsub(args) {
      const done = await world.sh(`qsub ${args}`);
      if (done.rc !== 0) throw new Error(`qsub ${args}: ${done.rc} ${done.err}`);
      return done.out.trim();
    },
    async job(id) {
      const said = await askPbs(socketPath, 'qstat', '-x', '-f', '-F', 'json', id).catch(() => '');
      const document: {Jobs?: Record<string, Record<string, unknown>>} = said === '' ? {} : JSON.parse(said);
      return document.Jobs?.[id];
    },
    async state(id) {
      return String((await world.job(id))?.job_state);
    },
    async until(what, holds, seconds = 15) {
      const end = Date.now() + seconds * 1000;
      while (!(await holds())) {
        if (Date.now() > end) throw new Error(`waited ${seconds} s in vain until ${what}`);
        await new Promise((done) => void setTimeout(done, 25));
      }
    },
    async finished(id, seconds) {
      await world.until(`${id} is finished`, async () => (await world.state(id)) === 'F', seconds);
      return (await world.job(id)) ?? {};
    },
    read: (name) => (existsSync(join(home, name)) ? readFileSync(join(home, name), 'utf8') : '<absent>'),
    async restart(how) {
      await daemon[how]();
      daemon = await serve(root, socketPath, serverName);
    },
    async separate() {
      if (!own) await daemon.close();
      own = true;
      rmSync(socketPath, {force: true});
      const started = spawn(process.execPath, [daemonJs, root, socketPath, serverName], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child = started;
      await new Promise<void>((done, failed) => {
        started.stdout?.once('data', () => done());
        started.once('exit', () => failed(new Error('the daemon ended at once')));
      });
    },
    async kill() {
      const old = child;
      child = undefined;
      if (!old) return;
      old.kill('SIGKILL');
      await new Promise((done) => old.once('exit', done));
    },
    daemon: () => daemon,
    async close() {
      if (own) {
        await world.kill();
        rmSync(socketPath, {force: true});
        daemon = await serve(root, socketPath, serverName);
      }
      await daemon.pbs.wipe();
      await daemon.stop();
      rmSync(top, {recursive: true, force: true});
    },
  };
  return world;
}
