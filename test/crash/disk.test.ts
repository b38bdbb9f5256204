import {spawnSync} from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {CLI, cleanEnvironment, type Ran} from '../support/cli.ts';
import {type DiskError, type FailingDisk, failingDisks, hasCompiler} from '../support/failing-disk.ts';
import {needs} from '../support/needs.ts';
import {until} from '../support/until.ts';
import {leftIn, linesIn, localWorld, type Sealed, type World} from '../support/world.ts';

// Real processes: the calls of a whole process to its disk fail, of those in jobs, too.

let world: World;
let library: string;
let diskOf: (name: string) => FailingDisk;

/** A profile of its own for each test: a state directory and a monitor chain apart, on the same stand-ins. */
const profiles = Array.from({length: 120}, (_, index) => `p${index}`);
let taken = 0;

beforeAll(async () => {
  world = await localWorld();
  library = mkdtempSync(join(tmpdir(), 'stage-disk-'));
  symlinkSync(join(world.root, '.cache'), join(library, '.cache')); // as for a person who has used stage before
  diskOf = failingDisks(library);
  const sections = profiles.flatMap((profile) => [
    `  ${profile}:`,
    '    scheduler: {kind: local, timeout: 8}',
    '    transfer: local',
    '    monitor: {min: 1, max: 3}',
    '    lost_after: 3',
    `    setup: ${JSON.stringify(diskOf(profile).setup)}`,
  ]);
  world.write('config.yaml', `profiles:\n${sections.join('\n')}\n`);
});
afterAll(async () => {
  await world.close();
  rmSync(library, {recursive: true, force: true});
});

interface Place {
  readonly disk: FailingDisk;
  /** the state directory of the profile */
  readonly state: string;
  readonly name: string;
  readonly file: string;
  /** each execution of the script appends a line here */
  readonly computed: string;
  stage(...argv: string[]): Promise<Ran>;
  ended(seconds?: number): Promise<Sealed>;
}

/** Stage in, compute: in a state directory whose disk can be made to fail. */
function place({source = 'archive', body = '', directives = false} = {}): Place {
  const profile = profiles[taken++] as string; // there are more profiles than tests
  const disk = diskOf(profile);
  const name = `disk-${profile}`;
  const state = join(world.home, profile);
  const computed = join(world.work, `${name}.computed`);
  world.writeTree(world.path(source, `${name}/in`), 1);
  const variables = directives
    ? `#PBS -v ${Object.entries(disk.env)
        .map((pair) => pair.join('='))
        .join(',')}\n`
    : '';
  world.write(`${name}.sh`, `#!/bin/sh\n${variables}echo ran >> ${computed}\n${body.replaceAll('@STATE', state)}\n`);
  const file = world.write(
    `${name}.yaml`,
    `name: ${name}
steps:
  stage-in:
    transfer: {from: "${source}:/${name}/in/", to: "cluster:/${name}/in/"}
  compute:
    needs: [stage-in]
    job: {script: ${name}.sh}
`,
  );
  const config = join(world.work, 'config.yaml');
  // A home of its own: login shells of jobs must not wait for what somebody's profile does.
  const env = {STAGE_CONFIG: config, STAGE_PROFILE: profile, HOME: library};
  return {
    disk,
    state,
    name,
    file,
    computed,
    // While nothing fails, a command need not be one that could meet it; nor need jobs, by `setup`.
    stage: (...argv) =>
      disk.isBroken() ? world.process(...argv, {env: {...env, ...disk.env}}) : world.stage(...argv, {env}),
    ended: (seconds = 60) => {
      const seal = join(state, 'sealed', `${name}.1.json`);
      return until(`the end of ${name}`, () => existsSync(seal) && (JSON.parse(readFileSync(seal, 'utf8')) as Sealed), {
        seconds,
        last: async () => ({facts: namesBelow(join(state, 'runs')), jobs: leftIn(await world.jobsOf(`${name}.1`))}),
      });
    },
  };
}

const namesBelow = (directory: string) =>
  existsSync(directory) ? readdirSync(directory, {recursive: true}).map(String).sort() : [];

/** What every refusal of the disk looks like, in text: clear, with a path, and no word of PBS, Globus or a stack. */
function expectClear(ran: Ran, state: string, what: RegExp): void {
  expect({exit: ran.exitCode, said: ran.stderr}).toEqual({exit: 4, said: expect.stringMatching(what)});
  expect(ran.stderr).toContain(state);
  expect(ran.stderr).toMatch(/^error: .*\n {2}why: .*\n {2}next: /);
  expect(ran.stderr).not.toMatch(/PBS (at|could|did)|Globus (could|did)|\n\s+at |DEFECT|defect/);
}

/** Facts that are there are whole, and none is half there under its name. */
function expectWhole(state: string): void {
  for (const name of namesBelow(state).filter((path) => path.endsWith('.json'))) {
    const text = readFileSync(join(state, name), 'utf8');
    expect(() => JSON.parse(text), `${name}: ${text}`).not.toThrow();
  }
}

async function expectOnce(at: Place): Promise<void> {
  expect(await at.ended()).toMatchObject({state: 'succeeded'});
  expect(linesIn(at.computed)).toBe(1);
  expect((await world.tasks()).filter(({label}) => label?.includes(` ${at.name}.1 `))).toHaveLength(1);
}

const WORDS: Readonly<Record<DiskError, RegExp>> = {
  ENOSPC: /no space is left on the disk/,
  EDQUOT: /quota is used up/,
  EROFS: /read-only/,
  EIO: /disk reported an error/,
  ESTALE: /stale handle/,
  EACCES: /permission was denied/,
  ETIMEDOUT: /does not answer/,
};

describe.concurrent('a disk that takes nothing', () => {
  beforeEach((context) => needs(context, 'compiler', hasCompiler));

  test.each(['ENOSPC', 'EDQUOT', 'EROFS', 'ESTALE'] as const)(
    '%s: "stage run" creates nothing and says so; later it does all of it once',
    async (error) => {
      const at = place();
      at.disk.break({error, directory: at.state});
      expectClear(await at.stage('run', at.file), at.state, WORDS[error]);
      const told = await at.stage('run', at.file, '--json');
      expect(told.json<{error: object}>().error).toMatchObject({code: `SYSTEM_${error}`, exit: 4});
      expect(namesBelow(join(at.state, 'runs'))).toEqual([]);
      at.disk.repair();
      expect((await at.stage('run', at.file)).exitCode).toBe(0);
      await expectOnce(at);
    },
    90_000,
  );
});

describe.concurrent('a disk that fails in the middle of "stage run"', () => {
  beforeEach((context) => needs(context, 'compiler', hasCompiler));

  /** How many calls one undisturbed "stage run" makes below the state directory. */
  const counted = async () => {
    const at = place();
    at.disk.trace(at.state);
    expect((await at.stage('run', at.file)).exitCode).toBe(0);
    at.disk.repair();
    const own = at.disk.calls();
    await expectOnce(at);
    return own;
  };

  /** STAGE_TEST_DISK_STEP=1 tries every call. Seven is no multiple of the five calls of a fact (open, write, fsync, link, fsync), so each kind of call has its turn. */
  const STEP = Number(process.env.STAGE_TEST_DISK_STEP ?? 7);

  test(
    'at whichever call it fails: what is recorded is whole, and the next run does the rest once',
    async () => {
      // A slow run sees more of what PBS and Globus do, and makes more calls than others will.
      const runs = await Promise.all([counted(), counted(), counted()]);
      const calls = runs.reduce((least, run) => (run.length < least.length ? run : least));
      expect(calls.length).toBeGreaterThan(60);
      const points = calls.map((_, index) => index + 1).filter((first) => first % STEP === 1 % STEP);
      const next = points.values();
      const one = async () => {
        for (const first of next) {
          const at = place();
          // In turn full from there on, and a single call that fails.
          at.disk.break({error: first % 2 ? 'ENOSPC' : 'EIO', directory: at.state, first, count: first % 2});
          const broken = await at.stage('run', at.file);
          const where = `call ${first}: ${calls[first - 1]}`;
          if (broken.exitCode !== 0) expectClear(broken, at.state, /no space is left|reported an error/);
          // How many calls there are depends on what PBS and Globus had done meanwhile: the last ones are not always made.
          if (at.disk.calls().length === 0) {
            expect({where, exit: broken.exitCode}).toEqual({where, exit: 0});
            notReached++;
          }
          expectWhole(at.state);
          at.disk.repair();
          const again = await at.stage('run', at.file);
          expect({where, exit: again.exitCode, said: again.stderr}).toEqual({where, exit: 0, said: ''});
          begun.push(at);
        }
      };
      const begun: Place[] = [];
      let notReached = 0;
      await Promise.all([one(), one(), one()]);
      expect(notReached).toBeLessThan(points.length / 3);
      for (const at of begun) await expectOnce(at);
    },
    Math.ceil(7 / STEP) * 150_000,
  );
});

/** A run whose transfer waits, so that it stays active for as long as the test needs. */
async function underWay(name: string, options: Parameters<typeof place>[0] = {}): Promise<Place> {
  await world.collection(name);
  const at = place({...options, source: name});
  await world.stage('local', 'pause', name);
  expect((await at.stage('run', at.file)).exitCode).toBe(0);
  return at;
}

describe.concurrent('a disk that fails while a run is active', () => {
  beforeEach((context) => needs(context, 'compiler', hasCompiler));

  test('"stage cancel" that cannot record the decision cancels nothing, and repeated it does', async () => {
    const at = await underWay('cancelling');
    at.disk.break({error: 'EDQUOT', directory: at.state});
    expectClear(await at.stage('cancel', at.name), at.state, WORDS.EDQUOT);
    at.disk.repair();
    expect((await at.stage('list', '--json')).json<{runs: object[]}>().runs).toMatchObject([{state: 'active'}]);
    expect((await at.stage('cancel', at.name)).exitCode).toBe(0);
    expect(await at.ended()).toMatchObject({state: 'cancelled'});
    expect(linesIn(at.computed)).toBe(0);
  }, 90_000);

  test.each(['ESTALE', 'EACCES'] as const)(
    '%s to every reader: each command says so, concludes nothing, and changes nothing',
    async (error) => {
      const at = await underWay(`unreadable-${error}`);
      at.disk.break({error, directory: at.state, reads: true});
      for (const argv of [
        ['status'],
        ['status', at.name],
        ['run', at.file],
        ['list'],
        ['logs', at.name],
        ['monitor'],
        ['cancel', at.name],
      ])
        expectClear(await at.stage(...argv), at.state, WORDS[error]);
      at.disk.repair();
      await world.stage('local', 'resume', `unreadable-${error}`);
      await expectOnce(at);
    },
    90_000,
  );

  test('monitors that cannot write keep their chain: the run ends without a command', async () => {
    const at = await underWay('chain');
    at.disk.break({error: 'ENOSPC', directory: at.state});
    await until('a monitor that the disk refuses', () => at.disk.calls().some((call) => call.includes('/monitor/')));
    await world.stage('local', 'resume', 'chain');
    await world.waitFor('the end of the transfer', async () =>
      (await world.tasks()).some(({label, status}) => label?.includes(` ${at.name}.1 `) && status === 'SUCCEEDED'),
    );
    at.disk.repair();
    await expectOnce(at);
  }, 120_000);

  test('a job whose end cannot be recorded has the exit status that PBS knows', async () => {
    // The wrapper meets the disk that its own script broke, and gives up after a while.
    const at = place({
      directives: true,
      body: `${diskOf(profiles[taken] as string).toBreak({error: 'EDQUOT', directory: '@STATE/runs'})}\nexit 3`,
    });
    expect((await at.stage('run', at.file)).exitCode).toBe(0);
    const wrapper = await until(
      'the end of the job',
      async () =>
        (await world.jobsOf(`${at.name}.1`)).find(
          ({Exit_status, Job_Name}) => Exit_status !== undefined && Job_Name.startsWith('compute'),
        ),
      {seconds: 60},
    );
    expect(wrapper.Exit_status).toBe(3);
    expect(namesBelow(join(at.state, 'runs')).filter((name) => /\.end\.|\.new-/.test(name))).toEqual([]);
    at.disk.repair();
    expect(await at.ended()).toMatchObject({state: 'failed', steps: [{}, {step: 'compute', exitStatus: 3}]});
    expect(linesIn(at.computed)).toBe(1);
  }, 120_000);

  test('a disk that has room again in a moment costs a job nothing: its end is recorded', async () => {
    const disk = diskOf(profiles[taken] as string);
    const at = place({directives: true, body: disk.toBreak({error: 'ENOSPC', directory: '@STATE/runs', first: 1})});
    expect((await at.stage('run', at.file)).exitCode).toBe(0);
    await until('a wrapper that the disk refuses', () => at.disk.calls().some((call) => call.includes('.end.1')));
    at.disk.repair();
    await expectOnce(at);
    expect(namesBelow(join(at.state, 'runs'))).toContain(`${at.name}.1/facts/compute.1.end.1.json`);
  }, 90_000);

  test('tokens and caches that cannot be written do not matter', async () => {
    const at = place();
    for (const part of ['tokens', 'cache']) {
      at.disk.break({error: 'EROFS', directory: join(at.state, part)});
      const ran = await at.stage('run', at.file);
      expect([ran.exitCode, ran.stderr]).toEqual([0, '']);
    }
    at.disk.break({error: 'ENOSPC', directory: join(world.home, '..', 'cache')});
    expect((await at.stage('status', at.name)).exitCode).toBe(0);
    at.disk.repair();
    await expectOnce(at);
  }, 90_000);

  test('events that cannot be written stop no work', async () => {
    const at = place();
    at.disk.break({error: 'ENOSPC', directory: join(at.state, 'runs', `${at.name}.1`, 'journal')});
    const ran = await at.stage('run', at.file);
    expect([ran.exitCode, ran.stderr]).toEqual([0, '']);
    await expectOnce(at);
  }, 90_000);
});

describe.concurrent('a state directory that is gone while a run is active', () => {
  test('every command says so and makes nothing in its place; put back, the run goes on and does all once', async () => {
    const at = await underWay('vanishing');
    renameSync(at.state, `${at.state}.away`);
    const commands = [
      ['run', at.file],
      ['run', at.file, '--again'],
      ['status'],
      ['status', at.name],
      ['list'],
      ['logs', at.name],
      ['cancel', at.name],
      ['check', at.file],
      ['monitor'],
      ['monitor', '--role', 'sentinel'],
      ['login'],
      ['whoami'],
      ['transfer', 'list'],
      ['transfer', 'show', '11111111-1111-4111-8111-111111111111'],
      ['collection', 'ls', 'cluster:/'],
      ['job', 'submit', world.write('sum.sh', '#!/bin/sh\n'), '--name', 'vanished', '--hold'],
      ['job', 'show', 'vanished'],
    ];
    for (const argv of commands) expectClear(await at.stage(...argv), at.state, /the state directory .* is gone/);
    const told = await at.stage('run', at.file, '--json');
    expect(told.json<{error: object}>().error).toMatchObject({code: 'STATE_DIRECTORY_GONE', exit: 4});
    for (const argv of [['doctor'], ['profile', 'check']]) {
      const found = await at.stage(...argv);
      expect([found.exitCode, found.stdout]).toEqual([4, expect.stringMatching(/state directory .* is gone/)]);
    }
    expect(existsSync(at.state)).toBe(false);
    renameSync(`${at.state}.away`, at.state);
    await world.stage('local', 'resume', 'vanishing');
    await expectOnce(at);
  }, 120_000);

  test('named jobs are protected without any run: none is submitted twice, and a name that is on record is no mistake', async () => {
    const at = place();
    const submit = ['job', 'submit', world.write('named.sh', '#!/bin/sh\n'), '--name', 'kept', '--hold'];
    const first = await at.stage(...submit);
    expect(first.exitCode).toBe(0);
    renameSync(at.state, `${at.state}.away`);
    for (const argv of [submit, ['job', 'show', 'kept'], ['job', 'release', 'kept']])
      expectClear(await at.stage(...argv), at.state, /the state directory .* is gone/);
    expect((await at.stage('transfer', 'list')).exitCode).toBe(0); // makes a state directory, and no records of jobs
    expectClear(await at.stage(...submit), at.state, /jobs were submitted from it/);
    rmSync(at.state, {recursive: true});
    renameSync(`${at.state}.away`, at.state);
    expect(await at.stage(...submit)).toMatchObject({exitCode: 0, stdout: first.stdout});
    await at.stage('job', 'delete', 'kept');
  }, 60_000);

  test('a job of ours makes none, on a host that has never seen a run either', async () => {
    const at = place();
    for (const role of ['launcher', 'sentinel']) {
      const ran = await world.stage('monitor', '--role', role, {
        env: {
          STAGE_CONFIG: join(world.work, 'config.yaml'),
          STAGE_PROFILE: at.state.replace(/.*\//, ''),
          XDG_CACHE_HOME: join(library, 'other-host'),
        },
      });
      expectClear(ran, at.state, /the state directory .* is gone/);
    }
    expect(existsSync(at.state)).toBe(false);
  });

  test('a link that leads nowhere is no fresh start', async () => {
    const at = place();
    spawnSync('ln', ['-s', join(library, 'not-mounted'), at.state]);
    expectClear(await at.stage('run', at.file), at.state, /in the way/);
    expect(existsSync(join(library, 'not-mounted'))).toBe(false);
  });

  test('removed on purpose after its runs have ended, it is made again', async () => {
    const at = place();
    expect((await at.stage('run', at.file, '--wait')).exitCode).toBe(0);
    await at.stage('status');
    rmSync(at.state, {recursive: true});
    expect((await at.stage('list')).exitCode).toBe(0);
    expect((await at.stage('run', at.file, '--wait')).exitCode).toBe(0);
    expect(linesIn(at.computed)).toBe(2);
  }, 90_000);
});

test.each([[], ['--json']])('output onto a full disk is an error of the disk, not a stack (list %s)', (...flags) => {
  const full = openSync('/dev/full', 'w');
  const ran = spawnSync(CLI, ['list', ...flags], {
    stdio: ['ignore', full, 'pipe'],
    env: cleanEnvironment({STAGE_HOME: world.home, STAGE_PROFILE: 'local'}),
    encoding: 'utf8',
  });
  closeSync(full);
  expect(ran.status).toBe(4);
  expect(ran.stderr).toMatch(/^error: no space is left on the disk\n/);
  expect(ran.stderr).not.toMatch(/\n\s+at /);
});

test('a run that cannot be read is named with its file, and the other runs of its profile go on', async () => {
  const at = await underWay('unreadable');
  const spec = join(at.state, 'runs', `${at.name}.1`, 'spec.json');
  const whole = readFileSync(spec);
  writeFileSync(spec, whole.subarray(0, 100));
  const other = world.write(
    `${at.name}-other.yaml`,
    `name: ${at.name}-other\nsteps:\n  a: {job: {script: ${at.name}-other.sh}}\n`,
  );
  world.write(`${at.name}-other.sh`, '#!/bin/sh\nexit 0\n');
  const started = await at.stage('run', other);
  expect(started.exitCode).toBe(0);
  // A command about one run opens no other; one about all names what it cannot read.
  const all = await at.stage('status');
  expect(all.stdout + all.stderr).toContain(`${spec}: it is cut short`);
  await until('the end of the other run', () => existsSync(join(at.state, 'sealed', `${at.name}-other.1.json`)));
  const list = await at.stage('list', '--json');
  const listed = list.json<{runs: {run: string; state: string}[]}>().runs;
  expect([list.exitCode, listed.map(({state}) => state)]).toEqual([4, ['succeeded', 'unreadable']]);
  expectClear(await at.stage('status', at.name), at.state, /a file of the state directory cannot be used/);
  writeFileSync(spec, whole);
  await world.stage('local', 'resume', 'unreadable');
  await at.stage('status');
  await expectOnce(at);
}, 120_000);
