import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {hashesOf, localWorld, type World} from '../../support/world.ts';

// Real processes: what the options make of files is seen at their destination alone.

let world: World;
beforeAll(async () => {
  world = await localWorld();
}, 60_000);
afterAll(() => world.close());

const names = (collection: string, directory: string) => Object.keys(hashesOf(world.path(collection, directory)));

function files(collection: string, contents: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(contents)) {
    const path = world.path(collection, name);
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(path, text);
  }
}

async function ended(name: string, text: string, ...argv: string[]) {
  const file = world.write(`${name}.yaml`, `name: ${name}\nsteps:\n${text}`);
  const ran = await world.stage('run', file, ...argv);
  expect(ran.stderr + ran.stdout, name).not.toMatch(/mistake|not created/);
  return world.ended(`${name}.1`, 90);
}

test('filters, links and extras: what arrives is what the rules say, and extras are deleted only when that is confirmed', async () => {
  files('archive', {'rules/a.nc': 'a', 'rules/b.tmp': 'b', 'rules/tmp1/c.nc': 'c', 'rules/sub/d.nc': 'd'});
  symlinkSync('a.nc', world.path('archive', 'rules/link.nc'));
  files('cluster', {'rules/old.nc': 'old', 'rules/sub/e.nc': 'e'});
  const transfer = `{from: "archive:/rules/", to: "cluster:/rules/", symlinks: copy, delete_extra: true,
      filters: [{exclude: "tmp*", type: dir}, {include: "*.nc"}, {exclude: "*", type: file}]}`;
  const file = world.write('rules.yaml', `name: rules\nsteps:\n  in: {transfer: ${transfer}}\n`);
  const refused = await world.stage('run', file);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toMatch(/has not been confirmed[\s\S]*in: everything below[\s\S]*--confirm-delete/);
  expect(existsSync(world.path('cluster', 'rules/old.nc'))).toBe(true);
  expect((await world.stage('check', file)).stdout).toMatch(/deletes at the destination.*needs --confirm-delete/);
  expect((await world.stage('run', file, '--confirm-delete')).exitCode).toBe(0);
  expect(await world.ended('rules.1', 60)).toMatchObject({state: 'succeeded'});
  expect(names('cluster', 'rules')).toEqual(['a.nc', 'link.nc', 'sub/d.nc']);
});

test('a batch file is read once: what it says later does not change what a retry or a repeated command moves', async () => {
  files('archive', {'list/a b.txt': 'one', 'list/two.txt': 'two', 'list/dir/three.txt': 'three'});
  const sum = createHash('sha256').update('two').digest('hex');
  const list = world.write(
    'list.txt',
    `# what is wanted\n"a b.txt" first.txt\n--external-checksum ${sum} --checksum-algorithm SHA256 two.txt two.txt\ndir sub -r\n`,
  );
  const steps = '  in: {transfer: {from: "archive:/list/", to: "cluster:/list/", batch: list.txt}}\n';
  expect(await ended('list', steps)).toMatchObject({state: 'succeeded'});
  expect(names('cluster', 'list')).toEqual(['first.txt', 'sub/three.txt', 'two.txt']);
  world.write('list.txt', 'two.txt other.txt\n');
  const again = await world.stage('run', world.write('list.yaml', `name: list\nsteps:\n${steps}`));
  expect(again.exitCode).toBe(2);
  expect(again.stderr).toContain('steps.in.items: added "/list/two.txt" → "/list/other.txt"');
  expect(list).toContain('list.txt');
});

test('a checksum that is another one fails the step, and says so', async () => {
  files('archive', {'sum/a': 'a'});
  const sealed = await ended(
    'sum',
    `  in: {transfer: {from: "archive:/sum/a", to: "cluster:/sum/a", external_checksum: "${'0'.repeat(32)}"}}\n`,
  );
  expect(sealed.state).toBe('failed');
  expect(sealed.steps[0]?.why).toContain('EXTERNAL_CHECKSUM_MISMATCH');
});

test('files that cannot be read are gone without, counted, and listed', async () => {
  const steps =
    '  in: {transfer: {from: "archive:/skips/", to: "cluster:/skips/", skip_source_errors: true, items: [{from: there, to: there}, {from: gone, to: gone}, {from: lost, to: lost}]}}\n';
  files('archive', {'skips/there': 'x'});
  const sealed = await ended('skips', steps);
  expect(sealed.state).toBe('succeeded');
  expect(names('cluster', 'skips')).toEqual(['there']);
  const status = await world.stage('status', 'skips');
  expect(status.stdout).toContain('succeeded, 2 files skipped; which: stage transfer skipped ');
  expect((await world.stage('logs', 'skips')).stdout).toContain('succeeded, 2 files skipped');
  const why = await world.stage('why', 'skips');
  const task = /stage transfer skipped (\S+)/.exec(why.stdout)?.[1] ?? '';
  expect((await world.stage('transfer', 'show', task)).stdout).toContain('succeeded, 2 files skipped');
  const listed = await world.stage('transfer', 'skipped', task);
  expect(listed.stdout).toMatch(/^\/skips\/gone\tFILE_NOT_FOUND\t.*\n\/skips\/lost\tFILE_NOT_FOUND/);
  const first = await world.stage('transfer', 'skipped', task, '--limit', '1', '--json');
  expect(first.json<{files: unknown[]; more: boolean}>()).toMatchObject({files: [{from: '/skips/gone'}], more: true});
});

test('directories are made and deleted as steps of a run, in their order', async () => {
  files('cluster', {'scratch/old/x': 'x'});
  files('archive', {'made/a': 'a'});
  const sealed = await ended(
    'made',
    `  clear: {delete: {at: "cluster:/scratch/", recursive: true}}
  room: {needs: [clear], mkdir: "cluster:/scratch/new/deep/"}
  in: {needs: [room], transfer: {from: "archive:/made/", to: "cluster:/scratch/new/deep/"}}
  gone: {needs: [in], delete: {at: "archive:/nothing-here"}}
`,
  );
  expect(sealed.steps.map(({state}) => state)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
  expect(names('cluster', 'scratch')).toEqual(['new/deep/a']);
  expect(await world.tasksOf('made.1')).toHaveLength(3);
});

test('a batch script moves, deletes and makes directories with the same options', async () => {
  files('archive', {'batch/a.nc': 'a', 'batch/b.txt': 'b'});
  const wait = async (ran: {stdout: string; stderr: string}) => {
    const task = ran.stdout.trim();
    expect(task, ran.stderr).toMatch(/^[0-9a-f-]{36}$/);
    return world.stage('transfer', 'wait', task, '--timeout', '60');
  };
  const start = (...argv: string[]) => world.stage('transfer', 'start', 'archive:/batch/', 'cluster:/batch/', ...argv);
  await wait(await start('--filter', 'exclude:file=*.txt'));
  expect(names('cluster', 'batch')).toEqual(['a.nc']);
  await wait(await start('--batch', world.write('moves.txt', 'b.txt sub/c.txt\n')));
  expect(names('cluster', 'batch')).toEqual(['a.nc', 'sub/c.txt']);
  expect(await start('--delete-extra')).toMatchObject({exitCode: 2, stdout: ''});
  expect((await start('--filter', 'without=*')).stderr).toContain('it is not a rule');
  const made = await world.stage('transfer', 'mkdir', 'cluster:/batch/x/y');
  expect(made.stdout).toContain('was made');
  expect((await world.stage('transfer', 'mkdir', 'cluster:/batch/x/y')).stdout).toContain('exists already');
  expect((await world.stage('transfer', 'delete', 'cluster:/batch/')).exitCode).toBe(2);
  await wait(await world.stage('transfer', 'delete', 'cluster:/batch/', '--recursive'));
  expect(existsSync(world.path('cluster', 'batch'))).toBe(false);
});

test('a transfer of paths that another one still moves is refused with that task and what to type', async () => {
  await world.collection('busy');
  files('busy', {'a/x': 'x'});
  await world.stage('local', 'pause', 'busy');
  const first = await world.stage('transfer', 'start', 'busy:/a/', 'cluster:/busy/');
  const task = first.stdout.trim();
  const second = await world.stage('transfer', 'start', 'busy:/a/', 'cluster:/busy/');
  expect(second.exitCode).toBe(2);
  expect(second.stderr).toContain(`it is task ${task}`);
  expect(second.stderr).toContain(`stage transfer cancel ${task}`);
  const file = world.write(
    'busy.yaml',
    'name: busy\nsteps:\n  in: {transfer: {from: "busy:/a/", to: "cluster:/busy/"}}\n',
  );
  await world.stage('run', file, '--no-check');
  const why = await world.stage('why', 'busy', 'in');
  expect(why.stdout).toContain(`stage adopt busy.1 in ${task}`);
  expect((await world.stage('adopt', 'busy', 'in', task)).exitCode).toBe(0);
  await world.stage('local', 'resume', 'busy');
  expect(await world.ended('busy.1~1', 60)).toMatchObject({state: 'succeeded'});
});
