import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {CLI, cleanEnvironment, type Ran, runProgram, runStage} from '../support/cli.ts';
import {localWorld, type World} from '../support/world.ts';

// Real processes: questions are asked in a terminal, and of the commands of a PBS.

let world: World;
let config: string;
beforeAll(async () => {
  world = await localWorld();
  mkdirSync(join(world.work, 'config'));
  config = join(world.work, 'config', 'config.yaml');
});
afterAll(() => world.close());

const bin = () => join(world.home, 'stand-ins', 'bin');
const environment = () => ({
  STAGE_HOME: join(world.work, 'home'),
  STAGE_CONFIG: config,
  XDG_CACHE_HOME: join(world.work, 'cache'),
});
const stage = (...argv: string[]): Promise<Ran> => runStage(argv, {cwd: world.work, env: environment()});

/** What a terminal shows of a command whose questions are answered one by one; too few answers end the test. */
async function inTerminal(command: string, answers: readonly string[]): Promise<string> {
  const terminal = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: world.work,
    env: cleanEnvironment(environment()),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const left = [...answers];
  let shown = '';
  let unanswered = '';
  terminal.stdout.on('data', (part: Buffer) => {
    shown += part.toString();
    unanswered += part.toString();
    if (!/: (\u001b\[[0-9;]*[A-Z])*$/.test(unanswered)) return;
    unanswered = '';
    const answer = left.shift();
    if (answer === undefined) terminal.kill();
    else terminal.stdin.write(`${answer}\r`);
  });
  await once(terminal, 'close');
  return shown;
}

interface Check {
  readonly exit: number;
  readonly findings: readonly {readonly what: string; readonly level: string; readonly next: readonly string[]}[];
}

test('init writes what flags say and PBS proposes, list and show tell it, and a second init leaves it alone', async () => {
  writeFileSync(config, '# my clusters\ncollections: {}\n');
  const made = await stage(
    'profile',
    'init',
    'site',
    '--bin',
    bin(),
    '--account',
    'climate',
    '--resource',
    'filesystems=home:eagle',
    '--yes',
    '--json',
  );
  expect(made).toMatchObject({exitCode: 0, stderr: ''});
  expect(made.json()).toMatchObject({
    written: true,
    default: true,
    section: {account: 'climate', compute: {queue: 'workq'}, resources: {filesystems: 'home:eagle'}},
  });
  const text = readFileSync(config, 'utf8');
  expect(text).toContain('# my clusters');
  expect((await stage('profile', 'list')).stdout).toMatch(
    /\* site +PBS: pbs +Globus: globus +queue workq +account climate/,
  );
  const shown = await stage('profile', 'show', '--json');
  expect(shown.json<{profile: unknown}>().profile).toMatchObject({
    name: 'site',
    staging: {queue: 'workq', account: 'climate', resources: {filesystems: 'home:eagle', walltime: '00:05:00'}},
  });

  const again = await stage('profile', 'init', 'site', '--yes');
  expect(again.exitCode).toBe(2);
  expect(again.stderr).toContain('--force');
  expect(readFileSync(config, 'utf8')).toBe(text);
  const dry = await stage('profile', 'init', 'other', '--bin', bin(), '--yes', '--dry-run');
  expect(dry.exitCode).toBe(0);
  expect(readFileSync(config, 'utf8')).toBe(text);
});

test('init writes nothing where no question can be asked, and names the flag that is wrong', async () => {
  writeFileSync(config, '# mine\n');
  const told = async (...argv: string[]) => {
    const {exitCode, stderr} = await stage('profile', 'init', 'odd', '--bin', bin(), ...argv);
    expect(readFileSync(config, 'utf8')).toBe('# mine\n');
    return `${exitCode} ${stderr}`;
  };
  expect(await told()).toMatch(/^2 [\s\S]*missing: Queue of your compute jobs \(workq\)[\s\S]*--yes/);
  expect(await told('--yes', '--queue', 'nosuch')).toMatch(
    /^2 [\s\S]*--queue nosuch: PBS has no such queue[\s\S]*workq/,
  );
  expect(await told('--yes', '--https-proxy', 'foo:3128')).toMatch(
    /^2 [\s\S]*--https-proxy: must be http:\/\/HOST:PORT/,
  );
  expect(await told('--yes', '--collection', 'theta=5')).toMatch(/^2 [\s\S]*--collection: must be a collection id/);
});

test('where PBS does not answer, init proposes nothing, says so, and writes what it was told', async () => {
  writeFileSync(config, '');
  const made = await stage(
    'profile',
    'init',
    'away',
    '--bin',
    join(world.work, 'nowhere'),
    '--queue',
    'normal',
    '--yes',
    '--json',
  );
  expect(made.exitCode).toBe(0);
  expect(made.json()).toMatchObject({
    pbs: expect.stringContaining('nothing is proposed'),
    section: {compute: {queue: 'normal'}},
  });
});

test('in a terminal init asks, takes an empty answer for the proposal, and asks again when an answer does not fit', async () => {
  writeFileSync(config, '');
  const command = `'${CLI}' profile init asked --bin '${bin()}'`;
  const shown = await inTerminal(command, [
    'workqq',
    '',
    'climate',
    '',
    '',
    '',
    'no',
    'module load nodejs',
    'foo:3128',
    '',
    '',
  ]);
  expect(shown).toContain('"workqq" is not one of workq');
  expect(shown).toContain('must be http://HOST:PORT');
  const {profile} = (await stage('profile', 'show', 'asked', '--json')).json<{profile: unknown}>();
  expect(profile).toMatchObject({
    compute: {queue: 'workq', account: 'climate'},
    staging: {queue: 'workq', network: false},
    setup: ['module load nodejs'],
  });
});

test('check tries commands, server, queues, credentials and directory, and each thing to fix says how', async () => {
  const credentials = join(world.work, 'globus.json');
  writeFileSync(credentials, '{"client_id": "a", "client_secret": "b"}', {mode: 0o600});
  writeFileSync(
    config,
    `profiles:
  good: {scheduler: {bin: ${bin()}}, transfer: {credentials: ${credentials}}}
  wrong: {scheduler: {bin: ${bin()}}, transfer: {credentials: ${credentials}}, compute: {queue: big}, staging: {network: false}}
  open: {scheduler: {bin: ${bin()}}, transfer: {credentials: ${config}}}
  away: {scheduler: {bin: /nowhere}, transfer: {credentials: ${credentials}}}
`,
    {mode: 0o644},
  );
  const good = await stage('profile', 'check', 'good', '--json');
  expect(good.exitCode).toBe(0);
  expect(good.json<Check>().findings.map(({level}) => level)).not.toContain('problem');

  const wrong = await stage('profile', 'check', 'wrong', '--json');
  expect(wrong.exitCode).toBe(2);
  const notOk = wrong.json<Check>().findings.filter(({level}) => level !== 'ok');
  expect(notOk.map(({what}) => what)).toEqual([
    'staging jobs may not reach the network',
    'compute: there is no queue "big"',
  ]);
  for (const finding of notOk) expect(finding.next.length).toBeGreaterThan(0);

  expect(await stage('profile', 'check', 'open')).toMatchObject({
    exitCode: 3,
    stdout: expect.stringContaining('chmod 600'),
  });
  expect(await stage('profile', 'check', 'away')).toMatchObject({
    exitCode: 4,
    stdout: expect.stringContaining('scheduler.bin'),
  });
});

test('check knows every way to sign in, and says whose turn it is in each', async () => {
  const app = '61d8a676-447d-11ea-ab4d-0a7959ea6081';
  writeFileSync(
    config,
    `profiles:
  person: {scheduler: {bin: ${bin()}}, transfer: {client_id: ${app}}}
  cli: {scheduler: {bin: ${bin()}}, transfer: {sign_in: globus-cli}}
  client: {scheduler: {bin: ${bin()}}}
`,
  );
  const check = async (name: string, more: Record<string, string> = {}) => {
    const env = {...environment(), HOME: world.work, ...more};
    const ran = await runStage(['profile', 'check', name, '--json'], {cwd: world.work, env});
    const {findings} = ran.json<Check>();
    const ofJobs = findings.findIndex(({what}) => what === 'whether jobs can sign in to Globus was not tried');
    // It is told where all else is well, and says nothing of the sign-in of this shell.
    expect(ofJobs).toBe(ran.exitCode === 0 ? findings.length - 1 : -1);
    const last = findings.at(ran.exitCode === 0 ? -2 : -1);
    return [ran.exitCode, last?.level, last?.what, last?.next[0]];
  };
  const turn = [3, 'problem'];
  expect(await check('person')).toEqual([
    ...turn,
    'you are not signed in to Globus',
    'Sign in: stage login --profile person',
  ]);
  expect(await check('cli')).toEqual([...turn, 'The globus CLI is not signed in', 'Sign in with it: globus login']);
  expect(await check('client')).toEqual([
    ...turn,
    'profile "client" does not say how to sign in to Globus',
    expect.stringContaining('client_secret'),
  ]);
  expect(await check('client', {STAGE_CLIENT_ID: 'a', STAGE_CLIENT_SECRET: 'b'})).toEqual([
    0,
    'note',
    'the client secret is only in the environment',
    expect.stringContaining('stage login --profile client'),
  ]);
});

test("the queue's limits at the time are what counts: stopped, too short, too few", async () => {
  const qmgr = (directive: string) =>
    runProgram(join(bin(), 'qmgr'), ['-c', directive], {env: cleanEnvironment({STAGE_HOME: world.home})});
  writeFileSync(
    config,
    `profiles: {a: {scheduler: {bin: ${bin()}}, transfer: local, compute: {walltime: "02:00:00"}}}`,
  );
  const set = async (directive: string) => expect(await qmgr(directive)).toMatchObject({exitCode: 0});
  await set('set queue workq resources_max.walltime = 01:00:00');
  await set('set queue workq max_queued = [u:PBS_GENERIC=5]');
  await set('set queue workq started = False');
  const found = (await stage('profile', 'check', 'a', '--json')).json<Check>().findings;
  const notOk = found.filter(({level}) => level !== 'ok').map(({what}) => what);
  expect(notOk).toEqual([
    'compute: queue workq starts no jobs',
    'compute: walltime 02:00:00 is above what queue workq allows',
    'staging: queue workq starts no jobs',
    'PBS accepts at most 5 of your jobs at a time',
  ]);
});

test('a configuration that the disk does not take whole stays as it was', async () => {
  const profiles = Array.from(
    {length: 300},
    (_, at) => `  p${at}: {scheduler: pbs, transfer: globus, account: climate}`,
  );
  const before = `profiles:\n${profiles.join('\n')}\n`;
  writeFileSync(config, before);
  const argv = ['collection', 'alias', 'set', 'theta', '61d8a676-447d-11ea-ab4d-0a7959ea6081', '--offline'];
  // A write(2) that meets the limit takes what fits and reports no error, as on a disk that fills up.
  const limited = `ulimit -f 8; exec "$@"`;
  const done = await runProgram('sh', ['-c', limited, 'sh', CLI, ...argv, '--profile', 'p1'], {
    env: cleanEnvironment(environment()),
  });
  expect({exit: done.exitCode, kept: readFileSync(config, 'utf8') === before}).toEqual({exit: 4, kept: true});
  expect(readdirSync(dirname(config))).toEqual(['config.yaml']);
});

test('a home directory that this node does not have keeps no command waiting', async () => {
  writeFileSync(config, 'profiles: {a: {scheduler: pbs, transfer: globus}}\n');
  // Where /home is automounted, a directory that nobody serves is refused as one below /proc: ENOENT, though /home is there.
  const away = (argv: string[], env: Record<string, string>) =>
    runProgram('timeout', ['20', CLI, ...argv], {env: cleanEnvironment({...environment(), ...env})});
  expect(await away(['list', '--profile', 'a'], {XDG_CACHE_HOME: '/proc/nobody'})).toMatchObject({exitCode: 0});
  const init = ['profile', 'init', 'b', '--bin', bin(), '--yes'];
  expect(await away(init, {STAGE_CONFIG: '', XDG_CONFIG_HOME: '/proc/nobody'})).toMatchObject({exitCode: 4});
});
