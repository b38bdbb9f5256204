import {chmodSync, existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {type ErrorDocument, useDesk} from './support.ts';

const desk = useDesk();

/** What every command ends with where others could change something. */
async function expectRefused(path: string, mode: string): Promise<void> {
  const refused = await desk.stage('list');
  expect(refused).toMatchObject({exitCode: 2, stdout: ''});
  expect(refused.stderr).toContain(`error: ${path} can be changed by others\n`);
  expect(refused.stderr).toContain(`it belongs to you, mode ${mode}: `);
  expect(refused.stderr).toContain(`next: chmod go-w ${path}\n`);
  const json = await desk.stage('list', '--json');
  expect(json.json<ErrorDocument>().error).toMatchObject({code: 'NOT_TRUSTED', exit: 2});
}

function open(path: string, mode: number): string {
  mkdirSync(path, {recursive: true});
  chmodSync(path, mode);
  return path;
}

test.each(['', 'runs', 'sealed', 'resumed', 'active', 'monitor', 'jobs'])(
  'a state directory whose part "%s" the group may write in is refused until that is repaired',
  async (part) => {
    open(desk.home, 0o700);
    open(join(desk.home, 'local'), 0o700);
    const path = open(join(desk.home, 'local', part), 0o770);
    await expectRefused(path, '0770');
    chmodSync(path, 0o750);
    expect(await desk.stage('list')).toMatchObject({exitCode: 0, stderr: ''});
  },
);

test('a directory above the state, in which everybody may rename, is refused; with the sticky bit it is not', async () => {
  const home = open(desk.home, 0o777);
  await expectRefused(home, '0777');
  chmodSync(home, 0o1777);
  expect(await desk.stage('list')).toMatchObject({exitCode: 0, stderr: ''});
});

test('a directory above that the configuration names as trusted is used, and nothing else is excused by that', async () => {
  const project = open(join(desk.directory, 'project'), 0o2777);
  const home = open(join(project, 'stage'), 0o700);
  const env = {STAGE_HOME: home};
  const refused = await desk.stage('list', {env});
  expect(refused).toMatchObject({exitCode: 2, stderr: expect.stringContaining(`${project} can be changed by others`)});
  const config = join(open(join(desk.directory, 'config', 'stage'), 0o755), 'config.yaml');
  writeFileSync(config, `trusted_directories: [${project}/]\n`);
  expect(await desk.stage('list', {env})).toMatchObject({exitCode: 0, stderr: ''});
  expect(await desk.stage('local', 'status', {env})).toMatchObject({stderr: expect.not.stringContaining('changed by')});
  chmodSync(home, 0o777);
  expect(await desk.stage('list', {env})).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`${home} can be changed by others`),
  });
  chmodSync(home, 0o700);
  chmodSync(config, 0o666);
  expect(await desk.stage('list', {env})).toMatchObject({exitCode: 2, stderr: expect.stringContaining(config)});
});

test("one's own configuration that everybody may write in is refused: its lines run in jobs", async () => {
  const directory = open(join(desk.directory, 'config', 'stage'), 0o755);
  const file = join(directory, 'config.yaml');
  writeFileSync(file, 'default_profile: local\n');
  chmodSync(file, 0o666);
  await expectRefused(file, '0666');
  // One that is named is its author's, who was chosen.
  expect(await desk.stage('list', {env: {STAGE_CONFIG: join(directory, '..', 'stage', 'config.yaml')}})).toMatchObject({
    exitCode: 2,
  });
  const elsewhere = desk.write('site.yaml', 'default_profile: local\n');
  chmodSync(elsewhere, 0o664);
  chmodSync(file, 0o644);
  expect(await desk.stage('list', {env: {STAGE_CONFIG: elsewhere}})).toMatchObject({exitCode: 0});
});

test('a cache that everybody may write in is refused: what was read and compiled lies there', async () => {
  const cache = open(join(desk.directory, 'cache', 'stage'), 0o777);
  const env = {XDG_CACHE_HOME: join(desk.directory, 'cache')};
  const refused = await desk.process('list', {env});
  expect(refused).toMatchObject({exitCode: 2, stderr: expect.stringContaining(`chmod go-w ${cache}`)});
  expect(existsSync(join(cache, 'compiled'))).toBe(false);
});

test('"stage doctor" looks at every run and named job, and repairs them with one command', async () => {
  open(desk.home, 0o700);
  open(join(desk.home, 'local'), 0o700);
  const facts = ['a.1', 'b.1'].map((run) => open(join(desk.home, 'local', 'runs', run, 'facts'), 0o770));
  const examined = await desk.stage('doctor');
  expect(examined.exitCode).not.toBe(0);
  expect(examined.stdout).toContain('NOT  no other user can change what stage reads and runs');
  expect(examined.stdout).toContain('and 1 more');
  const [, command = ''] = /(chmod go-w [^\n]*)/.exec(examined.stdout) ?? [];
  expect(command.split(' ').slice(2).sort()).toEqual(facts);
});
