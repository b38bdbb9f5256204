import {mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {execa} from 'execa';
import {build} from 'rolldown';
import {writeFiles} from './hidden.mjs';

/** A stand-in with the recorded host's name, its commands on PATH, and a home directory of its own. */

const SERVER = 'pbs-sn1';
const REAL_HOME = '/home/alice';
const REAL_BIN = '/opt/pbs/bin';
/** so many steps a job is left alone, as steps may mean it without naming it */
const FORGOTTEN_AFTER = 4;
const here = join(import.meta.dirname, '..', '..', '..');
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let bundles;

async function bundled() {
  const dir = mkdtempSync(join(tmpdir(), 'stage-replay-'));
  process.once('exit', () => rmSync(dir, {recursive: true, force: true}));
  const one = async (input, file) => {
    await build({
      input: join(here, input),
      platform: 'node',
      output: {file: join(dir, file), format: 'esm', codeSplitting: false},
      logLevel: 'silent',
    });
    return join(dir, file);
  };
  const client = await one('src/stand-ins/pbs/client.ts', 'client.mjs');
  const daemon = await import(pathToFileURL(await one('test/stand-ins/pbs/support/daemon.ts', 'daemon.mjs')).href);
  const commands = await import(pathToFileURL(await one('src/stand-ins/pbs/commands.ts', 'commands.mjs')).href);
  return {client, serve: daemon.serve, writeCommands: commands.writeCommands};
}

/** A directory directly below /tmp whose path is as long as the recorded one: wrapped lines break at the same place. */
function placeAsLongAs(path) {
  for (;;) {
    const place = `/tmp/${Math.random()
      .toString(36)
      .slice(2)
      .padEnd(20, 'x')
      .slice(0, path.length - 5)}`;
    try {
      mkdirSync(place, {mode: 0o755});
      return place;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
}

const ORDER = {H: 0, W: 0, Q: 1, B: 2, R: 2, E: 3, F: 4, X: 4};

/** The state of each job in a listing, or of the jobs of a long one in their order. */
function statesIn(text) {
  const found = [...text.matchAll(/^(\d+(?:\[\d*\])?)\.pbs-sn1? .* ([A-Z]) \S+ *$/gm)].map((match) => [
    match[1],
    match[2],
  ]);
  const long = [...text.matchAll(/job_state"?(?: = |:\t")([A-Z])/g)].map((match, at) => [String(at), match[1]]);
  return new Map([...found, ...long]);
}

/** The variables of a step; `{"BIG0..BIG9": "100000 x characters each"}` stands for ten large ones. */
function variablesOf(given, toOurs) {
  const found = {};
  for (const [name, value] of Object.entries(given)) {
    const many = /^(\w+?)(\d+)\.\.\w+?(\d+)$/.exec(name);
    if (!many) found[name] = toOurs(value);
    else
      for (let at = Number(many[2]); at <= Number(many[3]); at += 1)
        found[`${many[1]}${at}`] = 'x'.repeat(Number.parseInt(value, 10));
  }
  return found;
}

export async function openReplayWorld(name, steps) {
  bundles ??= bundled();
  const {client, serve, writeCommands} = await bundles;
  const home = placeAsLongAs(REAL_HOME);
  const bin = placeAsLongAs(REAL_BIN);
  const top = mkdtempSync(join(tmpdir(), 'stage-replay-root-'));
  const root = join(top, 'pbs');
  const socketPath = join(top, 'sock');
  mkdirSync(join(home, 'bin'));
  writeFiles(home, name, steps);
  writeCommands(bin, {node: process.execPath, clientJs: client, socketPath, serverName: SERVER});
  let daemon = await serve(root, socketPath, SERVER);

  const admin = (line) =>
    daemon.pbs.handle({kind: 'pbs', command: 'qmgr', argv: ['-c', line], user: 'root', cwd: '/', env: {}, stdin: ''});
  for (const line of ['set server job_history_enable=True', 'set node pbs-sn1 resources_available.ncpus=32'])
    await admin(line);

  const settingsFile = join(root, 'settings.json');
  const settings = () => JSON.parse(readFileSync(settingsFile, 'utf8'));

  /** every job's record, straight from its file */
  function stateOf(id) {
    try {
      return JSON.parse(readFileSync(join(root, 'jobs', `${id}.json`), 'utf8')).state;
    } catch {
      return undefined;
    }
  }

  const toOurs = (text) => text.replaceAll(REAL_HOME, home).replaceAll(REAL_BIN, bin);
  const toReal = (text) =>
    text
      .replaceAll(home, REAL_HOME)
      .replaceAll(bin, REAL_BIN)
      .replaceAll(`${root}/scripts/`, '/var/spool/pbs/mom_priv/jobs/')
      .replaceAll(`${root}/tmp/`, '/var/tmp/')
      .replaceAll(`${root}/aux/`, '/var/spool/pbs/aux/');

  async function shell(line, {cwd = home, env = {}, user = 'alice'} = {}) {
    const done = await execa('/bin/bash', ['-c', line], {
      cwd,
      env: {
        HOME: home,
        USER: 'alice',
        LOGNAME: 'alice',
        SHELL: '/bin/bash',
        PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
        ...(user === undefined ? {} : {STAGE_LOCAL_USER: user}),
        ...env,
      },
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
      input: '',
      timeout: 60_000,
    });
    return {stdout: done.stdout ?? '', stderr: done.stderr ?? '', rc: done.exitCode ?? 137};
  }

  const spokenLater = [];
  for (const [at, step] of [...steps.entries()].reverse())
    spokenLater[at] = `${step.cmd}\n${step.stdout}\n${step.stderr}\n${spokenLater[at + 1] ?? ''}`;

  /** the step at which a job was first seen */
  const seenAt = new Map();

  const world = {
    home,
    ours: toOurs,
    shell,
    stateOf,
    /** a job that lasts and that no later step speaks of has been cleared away */
    async clearForgotten({at, cmd}) {
      if (cmd.includes('$(qselect')) return;
      const jobs = readdirSync(join(root, 'jobs'))
        .filter((file) => file.endsWith('.json'))
        .map((file) => JSON.parse(readFileSync(join(root, 'jobs', file), 'utf8')))
        .filter((job) => job.parent === undefined)
        .filter((job) => {
          if (!seenAt.has(job.id)) seenAt.set(job.id, at);
          return at - seenAt.get(job.id) >= FORGOTTEN_AFTER;
        })
        .filter(
          (job) =>
            'HW'.includes(job.state) ||
            (job.state === 'Q' && Date.now() - job.mtime > 2000) ||
            ('RB'.includes(job.state) && Date.now() - job.stime > 2000),
        )
        .filter((job) => {
          // Nor is one that another job, of which they speak, still waits for.
          const spokenOf = (id) => new RegExp(`(?<!\\d)${Number.parseInt(id, 10)}(?!\\d)`).test(spokenLater[at] ?? '');
          return !spokenOf(job.id) && !job.depend.some((group) => group.jobs.some(spokenOf));
        });
      if (jobs.length > 0) await shell(`qdel -W force ${jobs.map(({id}) => `'${id}'`).join(' ')}`, {user: 'root'});
    },
    /** held jobs that the session submitted without recording it */
    async heldJobsFor(step) {
      if (!step.cmd.startsWith('qdel ')) return;
      for (const [id, number] of step.cmd.matchAll(/\b(\d+)\.pbs-sn1/g)) {
        if (stateOf(id) !== undefined) continue;
        await world.numberNext(Number(number));
        await shell('qsub -h ok.sh');
        if (step.stderr.includes(`has finished ${id}`)) await shell(`qdel ${id}`);
      }
    },
    toRecorded: ({stdout, stderr, rc}) => ({stdout: toReal(stdout), stderr: toReal(stderr), rc}),
    run(step) {
      // Managers' steps are not always marked: a change of the server that was not refused was one.
      const manager =
        (/^qmgr -c .(create|set|unset|delete)/.test(step.cmd) && step.rc === 0) || /as a manager/.test(step.note ?? '');
      const env = variablesOf(step.env ?? {}, toOurs);
      return shell(toOurs(step.cmd), {
        cwd: step.cwd === undefined ? home : toOurs(step.cwd),
        env,
        user: manager ? 'root' : (step.user ?? 'alice'),
      });
    },
    async until(holds, seconds = 4) {
      const end = Date.now() + seconds * 1000;
      while (!holds() && Date.now() < end) await pause(50);
    },
    /** give a job that has just started the time to set up its traps */
    settle: () => pause(300),
    /** the recorded numbers have gaps where the session did something that it did not record */
    async numberNext(number) {
      if (settings().nextSequence === number) return;
      await daemon.close();
      writeFileSync(`${settingsFile}.replay`, JSON.stringify({...settings(), nextSequence: number}));
      renameSync(`${settingsFile}.replay`, settingsFile);
      daemon = await serve(root, socketPath, SERVER);
    },
    /** may it still become what was recorded, given time: a start time, a walltime, a process that takes long */
    worthWaiting: (recorded, got) =>
      /job_state = F|"job_state":\t"F"| F workq/.test(recorded) &&
      /job_state = [RWBE]|"job_state":\t"[RWBE]"| [RWBE] workq/.test(got),
    /** a job has gone further than it had when its state was recorded: it will not come back */
    hopeless: (recorded, got) => {
      const [then, now] = [statesIn(recorded), statesIn(got)];
      return (
        [...now].some(([id, state]) => (ORDER[state] ?? 0) > (ORDER[then.get(id)] ?? 9)) ||
        (then.size > 0 && got.includes('Job has finished'))
      );
    },
    moving() {
      const {queued, waiting, running} = daemon.pbs.counts();
      return queued + waiting + running > 0;
    },
    /** do what the session must have done in between, as its answer shows; true when something was done */
    async catchUp(step, got) {
      const output = /\bcat \S*\.[oe](\d+)$/.exec(step.cmd)?.[1];
      if (output !== undefined && step.rc === 0 && stateOf(`${output}.${SERVER}`) === 'H') {
        await shell(`qrls ${output}`);
        return true;
      }
      const [only, ...others] = [...step.cmd.matchAll(/\b(\d+)\.pbs-sn1/g)].map((match) => match[1]);
      if (
        only !== undefined &&
        others.length === 0 &&
        /job_state"?(:\t"| = )F/.test(step.stdout) &&
        stateOf(`${only}.${SERVER}`) === 'H'
      ) {
        await shell(`qrls ${only}`);
        return true;
      }
      // Only a listing of everything tells what had been cleared away.
      if (!/\b(qstat|qselect)\b/.test(step.cmd) || only !== undefined || /\d\[/.test(step.cmd)) return false;
      const idsIn = (text) => [...new Set([...text.matchAll(/\b(\d+(?:\[\])?)\.pbs-sn1?/g)].map((match) => match[1]))];
      const known = new Set(idsIn(`${step.stdout} ${step.cmd} ${step.stderr}`));
      const later = spokenLater[step.at + 1] ?? '';
      const extra = idsIn(got.stdout).filter(
        (id) =>
          !known.has(id) &&
          !['F', undefined].includes(stateOf(`${id}.${SERVER}`)) &&
          !new RegExp(`(?<!\\d)${id.replace('[]', '')}(?!\\d)`).test(later),
      );
      for (const id of extra) await shell(`qdel -x -W force '${id}'`, {user: 'root'});
      if (extra.length > 0) await pause(300);
      return extra.length > 0;
    },
    async close() {
      await daemon.pbs.wipe();
      await daemon.stop();
      for (const place of [home, bin, top]) rmSync(place, {recursive: true, force: true});
    },
  };
  return world;
}
