import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {shellQuote} from '../../src/base/shell.ts';
import {sha256} from '../../src/batch-scripts/recorded-script.ts';
import {assign, envArguments, fillTemplate} from '../../src/batch-scripts/template.ts';
import {type FailingDisk, failingDisks, hasCompiler} from '../support/failing-disk.ts';
import {needs} from '../support/needs.ts';

// Real processes: each shell that there is runs the wrapper, several at once.

/** As the first line of a wrapper names them: `bash -p` where there is a bash. */
const SHELLS: [string, readonly string[]][] = [
  ['sh', ['/bin/sh']],
  ...(existsSync('/bin/bash') ? [['bash -p', ['/bin/bash', '-p']] satisfies [string, readonly string[]]] : []),
];
/** Where the wrapper looks for its commands. */
const PATH_LINE = 'PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH';

let top: string;
let facts: string;
let library: string;
let disk: FailingDisk;

beforeAll(() => {
  library = mkdtempSync(join(tmpdir(), 'wrapper-disk-'));
  disk = failingDisks(library)('wrapper');
  mkdirSync(join(library, 'bin'));
  writeFileSync(join(library, 'bin', 'sleep'), `#!/bin/sh\necho "$1" >> ${library}/pauses\n`, {mode: 0o755});
});
afterAll(() => rmSync(library, {recursive: true, force: true}));
afterEach(() => disk.repair());

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "wrapper it's "));
  facts = join(top, 'facts');
  mkdirSync(facts);
});
afterEach(() => rmSync(top, {recursive: true, force: true}));

interface Options {
  readonly script: string;
  readonly shell?: string;
  readonly permit?: string;
  readonly needs?: string;
  /** output on PBS's own streams, too */
  readonly streams?: '' | 'one' | 'two';
  readonly interrupted?: string;
  readonly after?: string;
  /** a subjob; `PBS_ARRAY_INDEX` says which */
  readonly array?: boolean;
  readonly earlier?: string;
  readonly facts?: string;
  /** bash -p runs it */
  readonly bash?: boolean;
  /** variables of the workflow */
  readonly env?: Readonly<Record<string, string>>;
  /** a directory of commands that come before the system's */
  readonly commands?: string;
  /** where its logs are */
  readonly logs?: string;
  /** the SHA-256 of the script, as it was recorded */
  readonly recorded?: string;
}

function wrapper({
  script,
  shell = '/bin/sh',
  permit = '',
  needs = '',
  streams = '',
  interrupted = '',
  after = '',
  array = false,
  earlier = '',
  facts: directory = facts,
  bash = false,
  env = {},
  commands,
  logs = top,
  recorded = '',
}: Options): string {
  writeFileSync(join(top, 'user.script'), script);
  const values = {
    STAGE_OWNER: 'r.1',
    STAGE_FACTS: directory,
    STAGE_CLAIM: 'compute.1',
    STAGE_NEEDS: needs,
    STAGE_AFTER: after,
    STAGE_ARRAY: array ? '1' : '0',
    STAGE_EARLIER: earlier,
    STAGE_PERMIT: permit,
    STAGE_INTERRUPTED: interrupted,
    STAGE_SCRIPT: join(top, 'user.script'),
    STAGE_SHA256: recorded,
    STAGE_STDOUT: join(logs, array ? 'compute.1.out' : 'out'),
    STAGE_STDERR: join(logs, array ? 'compute.1.err' : 'err'),
    STAGE_STREAMS: streams,
    STAGE_DELIVERS: streams === '' ? '0' : '1',
    STAGE_SHELL: shell,
    STAGE_SHELL_ARG: '',
    STAGE_BASH: bash ? '1' : '0',
  };
  const path = join(top, 'wrapper.sh');
  const parts = {
    '#@VALUES': assign(values),
    '#@ENVIRONMENT': envArguments(env),
    ...(commands === undefined ? {} : {[PATH_LINE]: [`PATH=${shellQuote(commands)}:/usr/bin:/bin`]}),
  };
  writeFileSync(path, fillTemplate('job-wrapper.sh', parts));
  return path;
}

const fact = (name: string) => JSON.parse(readFileSync(join(facts, `${name}.json`), 'utf8'));
const names = () => readdirSync(facts).sort();
const read = (name: string) => readFileSync(join(top, name), 'utf8');

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Do something while spawnSync keeps this process waiting. */
const setTimeoutInShell = (command: string, seconds: number) =>
  spawn('/bin/sh', ['-c', `sleep ${seconds}; ${command}`], {stdio: 'ignore'});

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));

describe.each(SHELLS)('the job wrapper under %s', (_, [sh = '', ...flags]) => {
  const wrapped = (options: Options) => [...flags, wrapper({...options, bash: flags.length > 0})];
  const run = (options: Options, job = '1.s', more: Readonly<Record<string, string>> = {}) =>
    spawnSync(sh, wrapped(options), {env: {...process.env, ...more, PBS_JOBID: job}, encoding: 'utf8'});
  /** The same, in which no pause takes any time. */
  const hurry = (options: Options, job = '1.s') => {
    const env = {...process.env, PBS_JOBID: job};
    rmSync(join(library, 'pauses'), {force: true});
    const commands = join(library, 'bin');
    const {status, stderr} = spawnSync(sh, wrapped({...options, commands}), {env, encoding: 'utf8'});
    return {status, stderr, pauses: readFileSync(join(library, 'pauses'), 'utf8').split('\n').length - 1};
  };
  const begin = (options: Options, job = '1.s') =>
    spawn(sh, wrapped(options), {env: {...process.env, PBS_JOBID: job}, stdio: 'ignore', detached: true});
  const onDisk = (options: Options) =>
    spawnSync(sh, wrapped(options), {env: {...process.env, ...disk.env, PBS_JOBID: '1.s'}, encoding: 'utf8'});

  test('runs the script, records its start and end for its run, and ends with its exit status', () => {
    const done = run({script: 'echo hello; echo trouble >&2; exit 3'});
    expect(done.status).toBe(3);
    expect(fact('compute.1.start.1')).toMatchObject({
      run: 'r.1',
      job: '1.s',
      host: expect.stringMatching(/./),
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(fact('compute.1.end.1')).toMatchObject({run: 'r.1', job: '1.s', exit: 3, terminated: false});
    expect([read('out'), read('err')]).toEqual(['hello\n', 'trouble\n']);
    expect(names()).toEqual(['compute.1.end.1.json', 'compute.1.start.1.json']);
    expect([done.stdout, done.stderr]).toEqual(['', '']);
  });

  test('the script has a copy of its own, which it may call, change and remove; afterwards it is gone', () => {
    const script = '#!/bin/sh\n[ $# -gt 0 ] && echo "worker $1" && exit 0\n"$0" one && "$0" two && rm -- "$0"\n';
    expect(run({script}).status).toBe(0);
    expect(read('out')).toBe('worker one\nworker two\n');
    expect(read('user.script')).toBe(script);
    expect(run({script: 'echo changed >> "$0"'}, '2.s').status).toBe(98); // the attempt is the first job's
    expect(readdirSync(top).filter((name) => name.endsWith('.SC'))).toEqual([]);
  });

  describe('the recorded digest of the script', () => {
    const [good, other] = ['echo ran\n', 'echo mine\n'];
    const recorded = sha256(Buffer.from(good));
    /** A directory in which only the named commands for digests work; the others are not on this node. */
    const nodeWith = (...present: readonly string[]) => {
      const commands = mkdtempSync(join(top, 'node-'));
      for (const name of ['sha256sum', 'openssl', 'shasum'].filter((one) => !present.includes(one)))
        writeFileSync(join(commands, name), '#!/bin/sh\nexit 127\n', {mode: 0o755});
      return commands;
    };

    test.each(['sha256sum', 'openssl', 'shasum'])('is compared by %s, where the node has it', (tool) => {
      const commands = nodeWith(tool);
      expect(run({script: other, recorded, commands}).status).toBe(94);
      expect(run({script: good, recorded, commands})).toMatchObject({status: 0, stderr: ''});
      expect(read('out')).toBe('ran\n');
    });

    test('differs: nothing is run, and nothing but that is on record', () => {
      const done = run({script: other, recorded});
      expect(done).toMatchObject({
        status: 94,
        stderr: expect.stringContaining(`is not what was recorded (SHA-256 ${recorded})`),
      });
      expect(names()).toEqual(['compute.1.altered.json']);
      expect(fact('compute.1.altered')).toMatchObject({job: '1.s'});
      expect(existsSync(join(top, 'out'))).toBe(false);
      expect(readdirSync(top).filter((name) => name.endsWith('.SC'))).toEqual([]);
    });

    test('differs: a subjob claims neither the array nor its index', () => {
      expect(run({script: other, recorded, array: true}, '1[3].s').status).toBe(94);
      expect(names()).toEqual(['compute.1.altered.json']);
    });

    test('is of the copy that is run: what changes afterwards is not run', () => {
      const script = `echo ran; echo 'echo mine' > ${shellQuote(join(top, 'user.script'))}\n`;
      expect(run({script, recorded: sha256(Buffer.from(script))}).status).toBe(0);
      expect(read('out')).toBe('ran\n');
    });

    test('is not compared on a node that has no command for it, which the log says', () => {
      const done = run({script: good, recorded, commands: nodeWith()});
      expect(done).toMatchObject({status: 0, stderr: expect.stringContaining('was not compared')});
    });
  });

  test('the end marker tells whether PBS still has to put the output in its place', () => {
    run({script: 'echo hello', streams: 'two'});
    expect(fact('compute.1.end.1')).toMatchObject({exit: 0, terminated: false, delivers: true});
  });

  test('what the user wants where PBS puts it is there too, stream by stream', () => {
    const done = run({script: 'echo hello; echo trouble >&2; exit 3', streams: 'two'});
    expect([done.status, done.stdout, done.stderr]).toEqual([3, 'hello\n', 'trouble\n']);
    expect([read('out'), read('err')]).toEqual(['hello\n', 'trouble\n']);
    expect(names()).toEqual(['compute.1.end.1.json', 'compute.1.start.1.json']);
  });

  describe('a script that says itself where its output goes', () => {
    /** Under PBS, which puts both streams into files. */
    const beginWith = (options: Options, more: Readonly<Record<string, string>> = {}) => {
      const [pbsOut, pbsErr] = ['pbs.out', 'pbs.err'].map((name) => openSync(join(top, name), 'a'));
      const job = spawn(sh, wrapped(options), {
        env: {...process.env, PBS_JOBID: '1.s', ...more},
        stdio: ['ignore', pbsOut, pbsErr],
        detached: true,
      });
      for (const file of [pbsOut, pbsErr]) closeSync(file as number);
      return job;
    };
    const holds = (name: string, text: string) => () => existsSync(join(top, name)) && read(name).includes(text);

    test('joined, both streams are in one, in the order in which they were written', () => {
      const script = 'for i in 1 2 3; do echo "step $i"; echo "warning $i" >&2; done';
      const lines = [1, 2, 3].map((i) => `step ${i}\nwarning ${i}\n`).join('');
      const done = run({script, streams: 'one'});
      expect([done.status, done.stdout, done.stderr]).toEqual([0, lines, '']);
      expect(read('out')).toBe(lines);
    });

    test.each(['one', 'two'] as const)(
      'it grows while the script runs, and is there after a SIGKILL: %s',
      async (streams) => {
        const job = beginWith({script: 'echo first; echo second >&2; sleep 60', streams});
        const errors = streams === 'one' ? ['out', 'pbs.out'] : ['err', 'pbs.err'];
        for (const name of ['out', 'pbs.out']) await until(name, holds(name, 'first\n'));
        for (const name of errors) await until(name, holds(name, 'second\n'));
        process.kill(-(job.pid as number), 'SIGKILL');
        await ended(job);
        expect([read('out'), read('pbs.out')]).toEqual(
          Array(2).fill(streams === 'one' ? 'first\nsecond\n' : 'first\n'),
        );
      },
    );

    test('what it writes when it is told to end is there, too', async () => {
      const script = `trap 'echo saving; exit 4' TERM; echo ready; while :; do sleep 0.05; done`;
      const job = beginWith({script, streams: 'two'});
      await until('the script to be ready', holds('pbs.out', 'ready'));
      process.kill(-(job.pid as number), 'SIGTERM');
      expect(await ended(job)).toBe(4);
      expect([read('out'), read('pbs.out')]).toEqual(['ready\nsaving\n', 'ready\nsaving\n']);
      expect(fact('compute.1.end.1')).toMatchObject({exit: 4, terminated: true});
    });

    test('a process that it leaves behind does not keep the wrapper', async () => {
      const job = beginWith({script: 'echo done; sleep 60 &\nexit 5', streams: 'two'});
      expect(await ended(job)).toBe(5);
      expect([read('out'), read('pbs.out')]).toEqual(['done\n', 'done\n']);
      process.kill(-(job.pid as number), 'SIGKILL');
    }, 30_000);

    test('a log of the run that cannot be written keeps neither the script nor its output from PBS', () => {
      const done = run({script: 'echo hello; exit 6', streams: 'one', logs: join(top, 'nowhere')});
      expect([done.status, done.stdout]).toEqual([6, 'hello\n']);
      expect(fact('compute.1.end.1')).toMatchObject({exit: 6, terminated: false});
    });

    test('where no pipe can be made it is where PBS puts it, and that is said', () => {
      writeFileSync(join(top, 'mkfifo'), '#!/bin/sh\nexit 1\n', {mode: 0o755});
      const done = run({script: 'echo hello; exit 6', streams: 'two', commands: top});
      expect([done.status, done.stdout]).toEqual([6, 'hello\n']);
      expect(done.stderr).toMatch(/not in stage logs/);
    });

    test('of a subjob it is in logs of its own', () => {
      const done = run({script: 'echo "$PBS_ARRAY_INDEX"', streams: 'one', array: true}, '7[3].s', {
        PBS_ARRAY_INDEX: '3',
      });
      expect([done.status, done.stdout, read('compute.1.i3.out')]).toEqual([0, '3\n', '3\n']);
    });

    test('nothing of the pipes is left', () => {
      const TMPDIR = join(top, 'tmp');
      mkdirSync(TMPDIR);
      run({script: 'echo hello', streams: 'two'}, '1.s', {TMPDIR});
      expect(readdirSync(TMPDIR)).toEqual([]);
    });
  });

  test.each([false, true])(
    'killed between the end of the script and its marker: the status on disk counts, array: %s',
    (array) => {
      const [job, more] = array ? ['7[3].s', {PBS_ARRAY_INDEX: '3'}] : ['1.s', {}];
      const claim = array ? 'compute.1.i3' : 'compute.1';
      writeFileSync(
        join(top, 'ln'),
        '#!/bin/sh\ncase $2 in *.end.*) kill -9 $PPID; exit 1 ;; esac\nexec /bin/ln "$@"\n',
        {
          mode: 0o755,
        },
      );
      const script = `echo ran >> "${top}/ran"; exit 3`;
      expect(run({script, array, commands: top}, job, more).signal).toBe('SIGKILL');
      expect(names()).not.toContain(`${claim}.end.1.json`);
      expect(fact(`${claim}.status.1`)).toMatchObject({job, exit: 3});
      const again = run({script, array}, job, more);
      expect([again.status, read('ran')]).toEqual([3, 'ran\n']);
      expect(fact(`${claim}.end.1`)).toMatchObject({exit: 3, terminated: false});
      expect(names()).not.toContain(`${claim}.status.1.json`);
    },
  );

  test('an index whose status is on disk is not run again in another attempt', () => {
    writeFileSync(join(facts, 'compute.0.i3.start.1.json'), '{"job":"6[3].s"}\n');
    writeFileSync(join(facts, 'compute.0.i3.status.1.json'), '{"job":"6[3].s","exit":0,"at":"x"}\n');
    const done = run({script: `echo ran > "${top}/ran"`, array: true, earlier: 'compute.0'}, '7[3].s');
    expect([done.status, existsSync(join(top, 'ran'))]).toEqual([0, false]);
  });

  test.each([143, 137])(
    'a status of %i without a marker may be PBS’s signal: started again, it runs the script',
    (exit) => {
      writeFileSync(join(facts, 'compute.1.start.1.json'), '{"job":"1.s"}\n');
      writeFileSync(join(facts, 'compute.1.status.1.json'), `{"job":"1.s","exit":${exit},"at":"x"}\n`);
      expect(run({script: 'echo again'}).status).toBe(0);
      expect(read('out')).toBe('again\n');
    },
  );

  test('SIGTERM that reaches the script some moments before the wrapper is told as SIGTERM', async () => {
    const job = begin({script: 'kill -TERM $$'});
    await until('the script to have ended', () => names().includes('compute.1.status.1.json'));
    process.kill(job.pid as number, 'SIGTERM');
    expect(await ended(job)).toBe(143);
    expect(fact('compute.1.end.1')).toMatchObject({exit: 143, terminated: true});
  });

  test.each(['022', '0007', '077'])('with the umask %s the script makes what it would make by itself', (umask) => {
    spawnSync('/bin/sh', ['-c', `umask ${umask}; exec ${sh} ${wrapped({script: 'umask'}).map(shellQuote).join(' ')}`]);
    expect(Number.parseInt(read('out'), 8)).toBe(Number.parseInt(umask, 8));
  });

  test('what the wrapper itself makes is for its owner alone, whatever the umask', () => {
    const command = `umask 000; exec ${sh} ${wrapped({script: 'exit 3'}).map(shellQuote).join(' ')}`;
    spawnSync('/bin/sh', ['-c', command], {env: {...process.env, PBS_JOBID: '1.s'}});
    const made = [...names().map((name) => join(facts, name)), join(top, 'out'), join(top, 'err')];
    expect(made.map((path) => statSync(path).mode & 0o077)).toEqual(made.map(() => 0));
  });

  test.each([127, 143, 255])('an exit status of %i is the script’s own', (status) => {
    expect(run({script: `exit ${status}`}).status).toBe(status);
    expect(fact('compute.1.end.1')).toMatchObject({exit: status, terminated: false});
  });

  test('a second job for the same attempt does not run the script', () => {
    run({script: 'echo once'});
    const second = run({script: 'echo twice'}, '2.s');
    expect(second.status).toBe(98);
    expect(second.stderr).toMatch(/claimed by another job/);
    expect(read('out')).toBe('once\n');
  });

  test('two jobs for the same attempt at the same instant run the script once', async () => {
    const script = 'echo ran; sleep 0.2';
    const words = wrapped({script});
    const jobs = Array.from({length: 8}, (_, index) =>
      spawn(sh, words, {env: {...process.env, PBS_JOBID: `${index}.s`}, stdio: 'ignore'}),
    );
    const codes = await Promise.all(jobs.map(ended));
    expect(codes.filter((code) => code === 0)).toHaveLength(1);
    expect(codes.filter((code) => code === 98)).toHaveLength(7);
    expect(read('out')).toBe('ran\n');
  });

  test('two arrays for the same attempt at the same instant: one has all subjobs run, each once, the other none', async () => {
    const words = wrapped({script: `echo "$PBS_ARRAY_INDEX" >> "${top}/ran"; exit "$PBS_ARRAY_INDEX"`, array: true});
    const subjobs = ['7', '8'].flatMap((array) => ['0', '3'].map((index) => ({array, index})));
    const done = await Promise.all(
      subjobs.map(async ({array, index}) => {
        const env = {...process.env, PBS_JOBID: `${array}[${index}].s`, PBS_ARRAY_INDEX: index};
        return {array, code: await ended(spawn(sh, words, {env, stdio: 'ignore'}))};
      }),
    );
    const taken = String(fact('compute.1.start.1').job);
    expect(['7[].s', '8[].s']).toContain(taken);
    const of = (which: boolean) => done.filter(({array}) => (`${array}[].s` === taken) === which).map(({code}) => code);
    expect(of(true)).toEqual([0, 3]);
    expect(of(false)).toEqual([98, 98]);
    expect(read('ran').split('\n').sort()).toEqual(['', '0', '3']);
    expect(fact('compute.1.i3.end.1')).toMatchObject({exit: 3, terminated: false});
  });

  test('a subjob that succeeded in an earlier attempt is not run again, and one that failed there is', () => {
    writeFileSync(join(facts, 'compute.0.i2.end.1.json'), '{"job":"6[2].s","exit":0,"terminated":false,"at":"x"}\n');
    writeFileSync(join(facts, 'compute.0.i3.end.1.json'), '{"job":"6[3].s","exit":5,"terminated":false,"at":"x"}\n');
    const words = wrapped({script: `echo "$PBS_ARRAY_INDEX" >> "${top}/ran"`, array: true, earlier: 'compute.0'});
    const codes = ['2', '3'].map(
      (index) =>
        spawnSync(sh, words, {env: {...process.env, PBS_JOBID: `7[${index}].s`, PBS_ARRAY_INDEX: index}}).status,
    );
    expect(codes).toEqual([0, 0]);
    expect(read('ran')).toBe('3\n');
    expect(fact('compute.1.i2.end.1')).toMatchObject({exit: 0, earlier: 'compute.0'});
  });

  test('what it needs may be a transfer: the outcome on record is the proof', () => {
    writeFileSync(
      join(facts, 'stage-in.1.outcome.json'),
      '{"at":1,"state":"succeeded","why":"Globus reports SUCCEEDED"}\n',
    );
    expect(run({script: 'echo ran', needs: 'stage-in.1'}).status).toBe(0);
    expect(read('out')).toBe('ran\n');
  });

  test('a step that comes after others runs when they have ended either way, and not when one was only lost', () => {
    writeFileSync(join(facts, 'a.1.end.1.json'), '{"job":"5.s","exit":3,"terminated":false,"at":"x"}\n');
    writeFileSync(join(facts, 'b.1.outcome.json'), '{"at":1,"state":"skipped","why":"a failed"}\n');
    expect(run({script: 'echo ran', after: 'a.1 b.1'}).status).toBe(0);
    rmSync(join(facts, 'compute.1.start.1.json'));
    rmSync(join(facts, 'compute.1.end.1.json'));
    writeFileSync(join(facts, 'c.1.outcome.json'), '{"at":1,"state":"lost","why":"PBS no longer knows it"}\n');
    expect(hurry({script: 'echo ran', after: 'c.1'})).toMatchObject({status: 96, pauses: 10});
  });

  test('an attempt that the run was done with before the job began never runs', () => {
    writeFileSync(join(facts, 'compute.1.outcome.json'), '{"state":"cancelled"}\n');
    const ran = run({script: 'echo ran'});
    expect(ran.status).toBe(98);
    expect(ran.stderr).toMatch(/attempt compute\.1 was no longer needed/);
    expect(readdirSync(facts)).toEqual(['compute.1.outcome.json']);
  });

  test('an attempt the reconciler gave up never runs', () => {
    writeFileSync(join(facts, 'compute.1.start.1.json'), '{"at":1,"void":true,"why":"PBS no longer knows it"}\n');
    expect(run({script: 'echo ran'}).status).toBe(98);
    expect(existsSync(join(top, 'out'))).toBe(false);
  });

  test('started again by PBS after it was cut off, it runs the script again as the next start', () => {
    writeFileSync(
      join(facts, 'compute.1.start.1.json'),
      '{"job":"1.s","host":"h","pid":1,"at":"2026-01-01T00:00:00Z"}\n',
    );
    expect(run({script: 'echo again'}).status).toBe(0);
    expect(names()).toEqual(['compute.1.end.2.json', 'compute.1.start.1.json', 'compute.1.start.2.json']);
  });

  test('started again by PBS after it was cut off, it does not run a script that may not be run twice', () => {
    writeFileSync(join(facts, 'compute.1.start.1.json'), '{"job":"1.s","at":"2026-01-01T00:00:00Z"}\n');
    const again = run({script: 'echo again', interrupted: 'fail'});
    expect(again.status).toBe(95);
    expect(again.stderr).toMatch(/was not run again/);
    expect(existsSync(join(top, 'out'))).toBe(false);
  });

  test('started again by PBS after the script had ended, it repeats the exit status and not the script', () => {
    run({script: 'echo ran; exit 3'});
    const again = run({script: 'echo again'});
    expect(again.status).toBe(3);
    expect(read('out')).toBe('ran\n');
  });

  test('a start that PBS terminated and requeued is followed by another', () => {
    writeFileSync(join(facts, 'compute.1.start.1.json'), '{"job":"1.s"}\n');
    writeFileSync(join(facts, 'compute.1.end.1.json'), '{"job":"1.s","exit":143,"terminated":true,"at":"x"}\n');
    expect(run({script: 'echo again'}).status).toBe(0);
    expect(read('out')).toBe('again\n');
  });

  test('without its permit it does not run, and with it it does', () => {
    const options = {script: 'echo cleaned', permit: 'cleanup.1.job.release.intent'};
    expect(hurry(options)).toMatchObject({status: 96, pauses: 10, stderr: expect.stringMatching(/not permitted/)});
    expect(names()).toEqual(['cleanup.1.job.unpermitted.json']);
    writeFileSync(join(facts, 'cleanup.1.job.release.intent.json'), '{}');
    expect(run(options).status).toBe(0);
  });

  test('does not run when PBS let it go although what it needs never succeeded', () => {
    writeFileSync(join(facts, 'before.1.end.1.json'), '{"job":"0.s","exit":0,"terminated":false}');
    writeFileSync(join(facts, 'other.1.end.1.json'), '{"job":"0.s","exit":1,"terminated":false}');
    expect(run({script: 'echo ran', needs: 'before.1'}).status).toBe(0);
    const done = hurry({script: 'echo ran', needs: 'before.1 other.1'}, '2.s');
    expect(done).toMatchObject({status: 96, pauses: 10, stderr: expect.stringMatching(/other\.1 has not succeeded/)});
  });

  test('does not run the script when it cannot record its start', () => {
    const done = run({script: `echo ran > ${shellQuote(join(top, 'trace'))}`, facts: join(top, 'nowhere')});
    expect(done.status).toBe(97);
    expect(done.stderr).toMatch(/cannot record the start/);
    expect(existsSync(join(top, 'trace'))).toBe(false);
  });

  test.each([false, true])(
    'does not run the script when the directory of its run is gone: it was packed (array: %s)',
    (array) => {
      const gone = join(top, 'packed');
      const done = run(
        {
          script: `echo ran > ${shellQuote(join(top, 'trace'))}`,
          facts: join(gone, 'facts'),
          logs: gone,
          array,
          recorded: 'f'.repeat(64),
        },
        array ? '7[3].s' : '1.s',
        {PBS_ARRAY_INDEX: '3'},
      );
      expect([94, 97]).toContain(done.status);
      expect(done.stderr).toContain('the script was not run');
      expect([existsSync(join(top, 'trace')), existsSync(gone)]).toEqual([false, false]);
    },
  );

  test.for(['EDQUOT', 'EROFS'] as const)(
    '%s: does not run the script when the disk does not take its start, nor where its output goes',
    {timeout: 30_000},
    (error, context) => {
      needs(context, 'compiler', hasCompiler);
      disk.break({error, directory: facts});
      const unrecorded = onDisk({script: 'echo ran'});
      expect([unrecorded.status, read('out')]).toEqual([97, '']);
      expect(unrecorded.stderr).toMatch(/cannot record the start in .*; the script was not run/);
      disk.break({error, directory: join(top, 'err')});
      const unheard = onDisk({script: 'echo ran'});
      expect([unheard.status, read('out')]).toEqual([97, '']);
      expect(unheard.stderr).toMatch(/cannot write its output to .*; the script was not run/);
      expect(names()).toEqual([]);
      disk.repair();
      expect(onDisk({script: 'echo ran'}).status).toBe(0);
      expect(read('out')).toBe('ran\n');
    },
  );

  test('a disk that has room again in a moment: the script runs once, and both markers are there', (context) => {
    needs(context, 'compiler', hasCompiler);
    disk.break({error: 'ENOSPC', directory: facts});
    const mended = setTimeoutInShell(`rm -f '${disk.env.FAILING_DISK}'`, 1.5);
    const script = `echo ran; ${disk.toBreak({error: 'ENOSPC', directory: facts})}; (sleep 2; rm -f "$FAILING_DISK") >/dev/null 2>&1 & exit 3`;
    const done = onDisk({script});
    expect([done.status, read('out')]).toEqual([3, 'ran\n']);
    expect(fact('compute.1.end.1')).toMatchObject({job: '1.s', exit: 3, terminated: false});
    expect(names()).toEqual(['compute.1.end.1.json', 'compute.1.start.1.json']);
    mended.kill();
  }, 30_000);

  test('a marker of which a part was written only is no marker', () => {
    // The open succeeds and the write fails, as on a disk that has inodes left and no blocks.
    const limited = `trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`;
    const done = spawnSync('/bin/sh', ['-c', limited, sh, ...wrapped({script: 'echo ran'})], {encoding: 'utf8'});
    expect([done.status, names()]).toEqual([97, []]);
  }, 30_000);

  test('terminated by PBS: says so at once, and ends as the script ends', async () => {
    const job = begin({script: 'echo ready; sleep 20 & wait'});
    await until('the script to be ready', () => existsSync(join(top, 'out')) && read('out').includes('ready'));
    process.kill(-(job.pid as number), 'SIGTERM'); // PBS signals every process of the job
    expect(await ended(job)).toBe(143);
    expect(fact('compute.1.term.1')).toMatchObject({job: '1.s'});
    expect(fact('compute.1.end.1')).toMatchObject({exit: 143, terminated: true});
  });

  test('a script that takes SIGTERM in its own hand goes on, and its exit status is kept', async () => {
    const job = begin({
      script: `trap 'echo saving' TERM; echo ready; i=0; while [ $i -lt 20 ]; do sleep 0.05; i=$((i + 1)); done; exit 4`,
    });
    await until('the script to be ready', () => existsSync(join(top, 'out')) && read('out').includes('ready'));
    process.kill(-(job.pid as number), 'SIGTERM');
    expect(await ended(job)).toBe(4);
    expect(read('out')).toBe('ready\nsaving\n');
    expect(fact('compute.1.end.1')).toMatchObject({exit: 4, terminated: true});
  });

  test('SIGUSR1 reaches the script and does not end the wrapper', async () => {
    const job = begin({
      script: `trap 'echo checkpoint' USR1; echo ready; i=0; while [ $i -lt 10 ]; do sleep 0.05; i=$((i + 1)); done`,
    });
    await until('the script to be ready', () => existsSync(join(top, 'out')) && read('out').includes('ready'));
    process.kill(-(job.pid as number), 'SIGUSR1');
    expect(await ended(job)).toBe(0);
    expect(read('out')).toContain('checkpoint');
    expect(fact('compute.1.end.1')).toMatchObject({exit: 0, terminated: false});
  });

  test('killed outright it leaves a start and no end', async () => {
    const job = begin({script: 'echo ready; sleep 20'});
    await until('the script to be ready', () => existsSync(join(top, 'out')) && read('out').includes('ready'));
    process.kill(-(job.pid as number), 'SIGKILL');
    await ended(job);
    expect(names()).toEqual(['compute.1.start.1.json']);
  });

  test('a marker whose answer was lost, and which is there all the same, is its own', () => {
    // What NFS may do: the link is made, the answer lost, and the repeated request says "exists".
    writeFileSync(join(top, 'ln'), `#!/bin/sh\n/bin/ln "$@"; exit 1\n`, {mode: 0o755});
    const done = run({script: 'echo ran', commands: top});
    expect(done.status).toBe(0);
    expect(read('out')).toBe('ran\n');
    expect(names()).toEqual(['compute.1.end.1.json', 'compute.1.start.1.json']);
  });
});

test('link(2) refuses an existing name on this file system, which everything here stands on', () => {
  writeFileSync(join(top, 'a'), 'a');
  writeFileSync(join(top, 'b'), 'b');
  expect(() => linkSync(join(top, 'a'), join(top, 'b'))).toThrow(/EEXIST/);
});
