import {spawn} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {request as ask} from 'node:http';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {afterAll, beforeAll, expect, onTestFinished, test} from 'vitest';
import {hasOpenssl, privateCa} from '../../auth/support/private-ca.ts';
import {writeCliLogin} from '../../support/cli-login.ts';
import {classic} from '../../support/workflows.ts';
import {localWorld, type World} from '../../support/world.ts';

// Real processes: the person's shell signs in to Globus and reaches it, and jobs of stage do not.

let world: World;
let url: string;
beforeAll(async () => {
  world = await localWorld();
  await world.stage('local', 'up');
  const running = join(world.home, 'stand-ins', 'running.json');
  ({url} = JSON.parse(readFileSync(running, 'utf8')) as {url: string});
  writeCliLogin(world.root, (await world.globus()).token);
});
afterAll(() => world.close());

/** A profile with a Globus that is not that of the profile "local". @returns the environment to name it with */
function profile(name: string, {transfer = '', setup = ''}: {transfer?: string; setup?: string}) {
  const config = world.write(
    `${name}-config.yaml`,
    `profiles:
  ${name}:
    scheduler: local
    transfer: {kind: globus, ${transfer || `sign_in: globus-cli, auth_url: "${url}", transfer_url: "${url}"`}}
    collections: {archive: aaaaaaaa-5a5a-4a5a-8a5a-000000000001, cluster: cccccccc-5a5a-4a5a-8a5a-000000000002}
    monitor: {min: 1, max: 2}
    setup: ${JSON.stringify(setup)}
`,
  );
  return {STAGE_CONFIG: config, STAGE_PROFILE: name};
}

interface Told {
  readonly runs: readonly {
    readonly state: string;
    readonly reason: string;
    readonly troubles?: readonly {kind: string; code: string; what: string; job?: string; at: string}[];
  }[];
  readonly reasons: readonly {code: string; what: string; next: string[]}[];
  readonly chain?: {lastLook?: {job?: string; host?: string}; nextLook?: {job: string}};
}

/** Transfers begin, and do not end before the test does. */
async function paused() {
  await world.stage('local', 'pause', 'archive');
  onTestFinished(async () => {
    await world.stage('local', 'resume', 'archive');
  });
}

const notesOf = (name: string) => {
  const directory = join(world.home, name, 'cache');
  return readdirSync(directory).filter((file) => file.startsWith('trouble.'));
};
const metBy = (name: string, kind: string) =>
  world.waitFor('a note of a trouble', () => notesOf(name).includes(`trouble.${kind}.Globus.json`), {seconds: 60});

test('a sign-in that jobs do not find is told by status, why and list, with its time and the chain, and ends with 3', async () => {
  const env = profile('homeless', {setup: 'export HOME=/nowhere'});
  await paused();
  const {file} = classic(world, 'homeless');
  expect(await world.stage('run', file, {env})).toMatchObject({exitCode: 0, stderr: ''});
  await metBy('homeless', 'monitor');
  await world.waitFor(
    'a look',
    async () => (await world.stage('status', '--json', {env})).json<Told>().chain?.lastLook,
  );

  const status = await world.stage('status', 'homeless', {env});
  expect(status.exitCode).toBe(3);
  expect(status.stdout).toMatch(/the monitor cannot sign in to Globus \(tried last .*job \d+.*\)/);
  expect(status.stdout).toMatch(/monitors: last look .*\(job \d+.*, on .*\); next look .*\(job \d+/);
  const {runs, chain} = (await world.stage('status', 'homeless', '--json', {env})).json<Told>();
  expect(runs[0]?.troubles).toMatchObject([{kind: 'monitor', code: 'SIGN_IN_NEEDED', job: expect.any(String)}]);
  expect(chain).toMatchObject({lastLook: {job: expect.any(String), host: expect.any(String)}});

  const why = (await world.stage('why', 'homeless', '--json', {env})).json<Told>();
  expect(why.reasons).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({code: 'JOBS_CANNOT_SIGN_IN', what: expect.stringContaining('the monitor')}),
    ]),
  );
  const list = (await world.stage('list', '--json', {env})).json<Told>();
  expect(list.runs[0]?.reason).toContain('the monitor cannot sign in to Globus');
  expect(list.chain?.lastLook?.job).toEqual(expect.any(String));

  const doctor = await world.stage('doctor', '--job', {env});
  expect(doctor.exitCode).toBe(3);
  expect(doctor.stdout).toMatch(/NOT {2}a job signs in to Globus: on .* it finds no sign-in there/);
  expect(doctor.stdout).toContain(`HOME is ${world.root} in this shell, and /nowhere in the job.`);
  await world.stage('cancel', 'homeless', '--no-cleanup', {env});
});

test('a login of the globus CLI that the shell of "stage run" chose is the one that jobs sign in with', async () => {
  writeCliLogin(join(world.root, 'other'), (await world.globus()).token, 'userprofile/production/work');
  const env = {
    ...profile('chosen', {setup: `export HOME=${join(world.root, 'other')}`}),
    HOME: join(world.root, 'other'),
  };
  const chosen = {...env, GLOBUS_PROFILE: 'work'};
  const {file} = classic(world, 'chosen');
  expect(await world.stage('run', file, {env: chosen})).toMatchObject({exitCode: 0});
  const sealed = join(world.home, 'chosen', 'sealed', 'chosen.1.json');
  const end = await world.waitFor('the end of the run', () => readOrNot(sealed), {seconds: 60});
  expect(end).toMatchObject({state: 'succeeded'});
  expect(notesOf('chosen')).toEqual([]);
  const doctor = await world.stage('doctor', '--job', {env: chosen});
  expect(doctor).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/ok {3}a job signs in to Globus/)});
  // A shell without it has another login, or none.
  const {stdout} = await world.stage('profile', 'check', {env});
  expect(stdout).toMatch(/another login of the globus CLI.*GLOBUS_PROFILE=work/);
});

test('a keyring is told before a run: jobs have no session', async () => {
  const transfer = `sign_in: native-app, client_id: 5a5a5a5a-0000-4000-8000-000000000001, token_store: keyring, auth_url: "${url}", transfer_url: "${url}"`;
  const env = profile('keys', {transfer});
  const {file} = classic(world, 'keys');
  const check = await world.stage('check', file, {env: {...env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere'}});
  expect(check.exitCode).toBe(3);
  expect(check.stdout).toContain('jobs cannot read the keyring');
  expect(check.stdout).toContain('token_store: file');
});

test.runIf(hasOpenssl)('jobs behind a proxy that is gone: doctor names it, and the run waits with exit 4', async () => {
  const ca = privateCa('globus.stage.test');
  const front = createServer(ca.service, (question, answer) => {
    const {host} = new URL(url);
    const onward = ask(new URL(question.url ?? '/', url), {
      method: question.method,
      headers: {...question.headers, host},
    });
    onward.on('response', (seen) => {
      answer.writeHead(seen.statusCode ?? 500, seen.headers);
      seen.pipe(answer);
    });
    question.pipe(onward);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const {port} = front.address() as AddressInfo; // listening on a port, not on a path
  const proxy = spawn(process.execPath, [
    join(import.meta.dirname, '../../auth/support/connect-proxy.mjs'),
    '200',
    `${port}`,
  ]);
  onTestFinished(() => {
    proxy.kill();
    front.closeAllConnections();
    front.close();
    ca.remove();
  });
  const [proxyPort] = await createInterface(proxy.stdout)
    [Symbol.asyncIterator]()
    .next()
    .then(({value}) => [String(value)]);
  const address = `https://globus.stage.test:${port}/`;
  const credentials = join(world.home, 'stand-ins', 'credentials.json');
  const env = {
    ...profile('proxied', {
      transfer: `credentials: "${credentials}", auth_url: "${address}", transfer_url: "${address}"`,
      setup: `export HTTPS_PROXY=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 NODE_EXTRA_CA_CERTS=${ca.file}`,
    }),
    HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
    NODE_EXTRA_CA_CERTS: ca.file,
  };
  // A certificate is trusted from the start of a process on.
  const {file} = classic(world, 'proxied');
  const checked = await world.process('check', file, {env});
  expect(checked.stdout).toMatch(/HTTPS_PROXY of this shell is not handed to jobs/);
  const doctor = await world.process('doctor', '--job', {env});
  expect(doctor.exitCode).toBe(4);
  expect(doctor.stdout).toMatch(
    /NOT {2}a job signs in to Globus: on .* the proxy does not let it through: .*127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\)/,
  );
  await paused();
  expect((await world.process('run', file, {env})).exitCode).toBe(0);
  await metBy('proxied', 'monitor');
  const status = await world.process('status', 'proxied', {env});
  expect(status.exitCode).toBe(4);
  expect(status.stdout).toContain('the monitor cannot reach Globus');
  await world.process('cancel', 'proxied', '--no-cleanup', {env});
});

function readOrNot(file: string): {state: string} | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as {state: string};
  } catch {
    return undefined;
  }
}
