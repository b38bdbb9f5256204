import {createHash, randomUUID} from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {patiently} from '../support/batch-system.ts';
import {CLI} from '../support/cli.ts';
import {type TwoUsers, twoUsers} from '../support/second-user.ts';
import type {ErrorDocument} from './support.ts';

// Real processes of two real users. One works with stage; the other, of the same group, tries every door.

let users: TwoUsers;
let why: string | undefined;
beforeAll(async () => {
  const made = await twoUsers();
  if (typeof made === 'string') why = `two users of this machine are needed: ${made}`;
  else users = made;
});
afterAll(async () => {
  if (why !== undefined) return;
  await users.owner.stage('local', 'down');
  users.remove();
});

/** As the other user: which of these can be read, written or connected to, or be made in? Prints those that can. */
const DOORS = `
const fs = require('node:fs'), net = require('node:net');
const opened = [];
const tried = (how, path, work) => { try { work(); opened.push(how + ' ' + path); } catch {} };
const paths = JSON.parse(fs.readFileSync(0, 'utf8'));
const sockets = paths.map((path) => new Promise((resolve) => {
  tried('read', path, () => fs.closeSync(fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)));
  tried('write', path, () => fs.closeSync(fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK)));
  tried('make in', path, () => fs.mkdirSync(path + '/made-by-another'));
  tried('rename', path, () => fs.renameSync(path, path + '.away'));
  const socket = net.connect(path, () => { opened.push('connect ' + path); socket.destroy(); resolve(); });
  socket.on('error', resolve);
}));
Promise.all(sockets).then(() => process.stdout.write(JSON.stringify(opened)));
`;

function allBelow(directory: string): string[] {
  return [
    directory,
    ...readdirSync(directory, {recursive: true, encoding: 'utf8'}).map((name) => join(directory, name)),
  ];
}

async function doorsOpenTo(paths: readonly string[]): Promise<string[]> {
  const list = join(users.top, 'paths.json');
  writeFileSync(list, JSON.stringify(paths), {mode: 0o644});
  const program = join(users.top, 'doors.cjs');
  writeFileSync(program, DOORS.replace('readFileSync(0', `readFileSync(${JSON.stringify(list)}`), {mode: 0o644});
  const tried = await users.other.run(process.execPath, [program]);
  return tried.json<string[]>();
}

async function until<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  const end = Date.now() + patiently(60_000);
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A file of the owner's. */
function give(path: string, text: string): string {
  writeFileSync(path, text, {mode: 0o644});
  chownSync(path, users.owner.uid, users.owner.uid);
  return path;
}

/** Data, and what jobs of the stand-in write in directories of mode 0700: their umask is the user's. */
const OF_JOBS_AND_DATA = /\/stand-ins\/(collections|pbs\/run\/[^/]+)(\/|$)/;

/** Two jobs, of which the second waits until \`go\` is there; both write a line each into \`done\`. */
async function runTwoJobs(name: string): Promise<{run: string; go: string; done: string}> {
  const {owner} = users;
  const [go, done] = [join(owner.home, `${name}.go`), join(owner.home, `${name}.done`)];
  give(join(owner.home, 'first.sh'), `#!/bin/sh\nuntil [ -e ${go} ]; do sleep 0.2; done\necho first >> ${done}\n`);
  give(join(owner.home, 'second.sh'), `#!/bin/sh\necho second >> ${done}\n`);
  const file = give(
    join(owner.home, `${name}.yaml`),
    `name: ${name}
steps:
  first: {job: {script: first.sh}}
  second: {needs: [first], job: {script: second.sh}}
  tidy: {on_failure_of: [first, second], job: {script: second.sh}}
`,
  );
  expect(await owner.stage('run', file, '--no-check')).toMatchObject({exitCode: 0});
  return {run: join(owner.home, 'state', 'local', 'runs', `${name}.1`), go, done};
}

test('of all that stage keeps nothing is open to another user, whatever the umask', async ({skip}) => {
  if (why !== undefined) skip(why);
  const {owner} = users;
  await owner.stage('local', 'up');
  const {run} = await runTwoJobs('doors');
  const kept = [...allBelow(join(owner.home, 'state')), ...allBelow(join(owner.home, '.cache'))];
  const open = kept.filter((path) => !lstatSync(path).isSymbolicLink() && (lstatSync(path).mode & 0o022) !== 0);
  expect(open.filter((path) => !OF_JOBS_AND_DATA.test(path))).toEqual([]);
  expect(kept.filter((path) => lstatSync(path).isSocket())).toHaveLength(1);
  expect(await doorsOpenTo([...kept, run])).toEqual([]);
});

test("another user's commands of stage and PBS do not reach the stand-ins of the owner", async ({skip}) => {
  if (why !== undefined) skip(why);
  const {owner, other} = users;
  const home = join(owner.home, 'state');
  const refused = await other.run(CLI, ['status', '--json'], {STAGE_HOME: home, STAGE_PROFILE: 'local'});
  expect(refused.exitCode).toBe(2);
  expect(refused.json<ErrorDocument>().error).toMatchObject({
    code: 'NOT_TRUSTED',
    what: expect.stringContaining(owner.home),
  });
  expect((await other.run(join(home, 'stand-ins', 'bin', 'qstat'), [])).exitCode).not.toBe(0);
});

test('the stand-in Globus gives another user neither a code nor a token, and shows nothing', async ({skip}) => {
  if (why !== undefined) skip(why);
  const {owner, other} = users;
  const {url} = JSON.parse(readFileSync(join(owner.home, 'state', 'stand-ins', 'running.json'), 'utf8')) as {
    url: string;
  };
  const program = join(users.top, 'ask.mjs');
  const challenge = createHash('sha256').update('v'.repeat(50)).digest('base64url');
  const question = `client_id=${randomUUID()}&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&response_type=code&scope=urn%3Aglobus%3Aauth%3Ascope%3Atransfer.api.globus.org%3Aall&code_challenge=${challenge}&code_challenge_method=S256`;
  const form =
    "{method: 'POST', redirect: 'manual', headers: {'content-type': 'application/x-www-form-urlencoded'}, body}";
  writeFileSync(
    program,
    `const answers = [];
const ask = async (path, options = {redirect: 'manual'}) => {
  const answer = await fetch(new URL(path, ${JSON.stringify(url)}), options);
  const text = await answer.text();
  answers.push({path: path.split('?')[0], location: answer.headers.get('location'), token: /access_token/.test(text), ok: answer.ok});
};
await ask('/v2/oauth2/authorize?${question}');
for (const body of ['${question}', '${question}&sign_in_code=aaaa-bbbb-cccc-dddd']) await ask('/v2/oauth2/authorize', ${form});
for (const body of ['grant_type=client_credentials&client_id=x&client_secret=y', 'grant_type=authorization_code&code=x', 'grant_type=refresh_token&refresh_token=x']) await ask('/v2/oauth2/token', ${form});
for (const path of ['task_list', 'endpoint_search?filter_scope=my-endpoints', 'submission_id', 'bookmark_list']) {
  await ask('/v0.10/' + path);
  await ask('/v0.10/' + path, {headers: {authorization: 'Bearer guessed'}});
}
process.stdout.write(JSON.stringify(answers));
`,
    {mode: 0o644},
  );
  const asked = await other.run(process.execPath, [program]);
  const answers = asked.json<{path: string; location: string | null; token: boolean; ok: boolean}[]>();
  expect(answers).toHaveLength(14);
  expect(answers.filter(({location, token}) => location !== null || token)).toEqual([]);
  // The page that asks for the code of its owner may be seen by anybody.
  expect(answers.filter(({ok}) => ok).map(({path}) => path)).toEqual(['/v2/oauth2/authorize']);
});

test('no secret stands where the system shows it to everybody: in the arguments of a process', async ({skip}) => {
  if (why !== undefined) skip(why);
  const {owner, other} = users;
  const standIns = join(owner.home, 'state', 'stand-ins');
  const {client_secret} = JSON.parse(readFileSync(join(standIns, 'credentials.json'), 'utf8')) as {
    client_secret: string;
  };
  const seen = await other.run('sh', ['-c', "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"]);
  expect(seen.stdout).toContain(standIns.slice(0, -'/stand-ins'.length));
  expect(seen.stdout).not.toContain(client_secret);
});

test('a socket below /tmp is not looked for in a directory that another user made first', async ({skip}) => {
  if (why !== undefined) skip(why);
  const {owner, other} = users;
  const place = `/tmp/stage-${owner.uid}`;
  const home = join(owner.home, 'a'.repeat(90));
  rmSync(place, {recursive: true, force: true});
  expect(await other.run('mkdir', ['-m', '777', place])).toMatchObject({exitCode: 0});
  try {
    const up = await owner.run(CLI, ['local', 'up', '--json'], {STAGE_HOME: home, STAGE_PROFILE: 'local'});
    expect(up.exitCode).toBe(2);
    expect(up.json<ErrorDocument>().error).toMatchObject({code: 'NOT_TRUSTED', what: expect.stringContaining(place)});
  } finally {
    rmSync(place, {recursive: true, force: true});
  }
});

test('where everybody may make files, what another user put there first is refused', async ({skip}) => {
  if (why !== undefined) skip(why);
  const {owner, other} = users;
  const home = join(users.top, 'sticky');
  mkdirSync(home);
  chmodSync(home, 0o1777);
  const refused = async (made: string) => {
    const status = await owner.run(CLI, ['status', '--json'], {STAGE_HOME: home, STAGE_PROFILE: 'local'});
    expect(status.exitCode).toBe(2);
    expect(status.json<ErrorDocument>().error).toMatchObject({
      code: 'NOT_TRUSTED',
      what: expect.stringContaining(made),
    });
    rmSync(join(home, made), {recursive: true, force: true});
  };
  await other.run('mkdir', ['-m', '777', join(home, 'local')]);
  await refused('local');
  await other.run('ln', ['-s', owner.home, join(home, 'logs')]);
  await refused('logs');
  await other.run('mkdir', ['-p', '-m', '777', join(home, 'stage')]);
  const inCache = await owner.run(CLI, ['status'], {STAGE_PROFILE: 'local', XDG_CACHE_HOME: home});
  expect(inCache).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`${join(home, 'stage')} can be changed`),
  });
  const fine = await owner.run(CLI, ['status'], {STAGE_HOME: home, STAGE_PROFILE: 'local'});
  expect(fine).toMatchObject({exitCode: 0, stderr: ''});
});

test('a script that a member of the group replaced is not run, and no command goes on before that is repaired', async ({
  skip,
}) => {
  if (why !== undefined) skip(why);
  const {owner, other, group} = users;
  const {run, go, done} = await runTwoJobs('replaced');
  const state = join(owner.home, 'state');
  const script = join(run, 'scripts', 'second.script');
  const recorded = readFileSync(script);
  await until('the jobs of both steps', () => existsSync(join(run, 'facts', 'second.1.job.confirmed.json')));

  // The owner lets the group in, and a member replaces the script of a job that is in the queue.
  expect(
    await owner.run('sh', [
      '-c',
      `chgrp -R ${group} ${state}/local && chmod -R g+rwX ${state}/local && chmod go+x ${state}`,
    ]),
  ).toMatchObject({
    exitCode: 0,
  });
  const stolen = join(owner.home, 'stolen');
  const replaced = await other.run('sh', ['-c', `printf '#!/bin/sh\\nid > ${stolen}\\n' > '${script}'`]);
  expect(replaced).toMatchObject({exitCode: 0});
  give(go, '');
  await until('the word of the job', () => existsSync(join(run, 'facts', 'second.1.altered.json')));
  expect(existsSync(stolen)).toBe(false);
  expect(readFileSync(done, 'utf8')).toBe('first\n');

  const refused = await owner.stage('status', 'replaced', '--json');
  expect(refused.exitCode).toBe(2);
  const {error} = refused.json<ErrorDocument & {error: {why: string}}>();
  expect(error).toMatchObject({
    code: 'NOT_TRUSTED',
    next: [expect.stringMatching(/^chmod go-w \//), expect.anything()],
  });
  expect(error.why).toContain('it belongs to you, mode 0');

  // Repaired, the script is still not what was recorded: its job is not submitted again, and nothing is tidied up.
  await owner.run('chmod', ['-R', 'go-w', join(state, 'local')]);
  const told = await until('the submission that is refused', async () => {
    const status = await owner.stage('status', 'replaced');
    return status.stdout.includes('not the one that was recorded') && status;
  });
  expect(told.exitCode).toBe(3);
  expect((await owner.stage('status', 'replaced')).exitCode).toBe(3);
  expect(told.stdout).toMatch(/second +action-needed +not submitted: the script of second/);
  expect((await owner.stage('why', 'replaced')).stdout).toContain(`cp SCRIPT ${script}`);
  expect(readdirSync(join(run, 'facts')).filter((name) => name.startsWith('tidy.1.start'))).toEqual([]);
  expect(existsSync(stolen)).toBe(false);

  give(script, recorded.toString());
  chmodSync(script, 0o700);
  await until('the end of the run', async () => {
    const status = await owner.stage('status', 'replaced');
    return status.stdout.includes('succeeded  ') && existsSync(join(state, 'local', 'sealed', 'replaced.1.json'));
  });
  expect(readFileSync(done, 'utf8')).toBe('first\nsecond\n');
});
