import {spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {existsSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {rolldown} from 'rolldown';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openWorld, tree, until, type World} from './support.ts';

// Real processes: the service is killed in the middle of a copy.

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.remove());

test('everything is as it was after a restart: port, client, token, collections, tasks, events, submissions', async () => {
  world.put('f', 'x');
  const id = await world.transfer({from: '/f', to: '/f'}, {label: 'kept'});
  const before = await world.ended(id);
  const events = await world.events(id);
  const {url} = world.globus;
  const credentials = world.globus.credentials();
  const collections = world.globus.collections();
  await world.restart();
  expect(world.globus.url).toBe(url);
  expect(world.globus.credentials()).toEqual(credentials);
  expect(world.globus.collections()).toEqual(collections);
  expect(await world.task(id)).toEqual(before);
  expect(await world.events(id)).toEqual(events);
  expect(world.globus.addCollection({name: 'source', directory: world.source.directory}).id).toBe(world.source.id);
});

test('the rate outlives a restart', async () => {
  world.put('f', randomBytes(5000));
  world.globus.setRate(10_000);
  await world.restart();
  const start = Date.now();
  await world.ended(await world.transfer({from: '/f', to: '/f'}));
  expect(Date.now() - start).toBeGreaterThanOrEqual(400);
});

test('a pause outlives a restart', async () => {
  world.put('f', 'x');
  world.globus.pause('source', 'for repairs');
  const id = await world.transfer({from: '/f', to: '/f'});
  await world.restart();
  expect(await world.task(id)).toMatchObject({status: 'ACTIVE', is_paused: true});
  world.globus.resume(world.source.id);
  expect((await world.ended(id)).status).toBe('SUCCEEDED');
});

test('a task that a restart interrupts goes on, and files it had copied are not copied again', async () => {
  for (let n = 0; n < 20; n++) world.put(`in/f${n}`, randomBytes(10_000));
  world.globus.setRate(60_000);
  const id = await world.transfer({from: '/in', to: '/out', recursive: true}, {verify_checksum: true});
  await until('a third is there', async () => Number((await world.task(id)).files_transferred) >= 7);
  await world.restart();
  const out = join(world.destination.directory, 'out');
  const first = readdirSync(out);
  expect(first.filter((name) => name.startsWith('.'))).toEqual([]);
  const inodes = Object.fromEntries(first.map((name) => [name, statSync(join(out, name)).ino]));
  world.globus.setRate(null);
  expect(await world.ended(id)).toMatchObject({status: 'SUCCEEDED', files_transferred: 20, bytes_transferred: 200_000});
  expect(tree(out)).toEqual(tree(join(world.source.directory, 'in')));
  for (const name of first) expect(statSync(join(out, name)).ino).toBe(inodes[name]);
});

test('killed with SIGKILL in the middle of a file: the task goes on and no temporary stays', async () => {
  world.put('in/a', randomBytes(500));
  world.put('in/large', randomBytes(500_000));
  await world.globus.close();
  const bundle = join(world.directory, 'globus.mjs');
  const built = await rolldown({
    input: join(import.meta.dirname, '../../../src/stand-ins/globus/globus-stand-in.ts'),
    platform: 'node',
    logLevel: 'silent',
  });
  await built.write({file: bundle, format: 'esm'});
  await built.close();
  const program = join(world.directory, 'run.mjs');
  writeFileSync(
    program,
    `import {openGlobusStandIn} from ${JSON.stringify(bundle)};
     const globus = await openGlobusStandIn({root: ${JSON.stringify(join(world.directory, 'state'))}});
     globus.setRate(100_000);
     console.log(globus.url);`,
  );
  const child = spawn(process.execPath, [program], {stdio: ['ignore', 'pipe', 'inherit']});
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    world.globus = {...world.globus, url: line.toString().trim()};
    const id = await world.transfer({from: '/in', to: '/out', recursive: true});
    const out = join(world.destination.directory, 'out');
    await until('a temporary is there', () => existsSync(out) && readdirSync(out).some((name) => name.startsWith('.')));
    await until('the large one moves', async () => Number((await world.task(id)).bytes_transferred) > 30_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(readdirSync(out).filter((name) => name.startsWith('.'))).toHaveLength(1);
    await world.restart();
    expect(readdirSync(out).filter((name) => name.startsWith('.')).length).toBeLessThanOrEqual(1);
    world.globus.setRate(null);
    expect(await world.ended(id)).toMatchObject({
      status: 'SUCCEEDED',
      files_transferred: 2,
      bytes_transferred: 500_500,
    });
    expect(readdirSync(out).sort()).toEqual(['a', 'large']);
    expect(tree(out)).toEqual(tree(join(world.source.directory, 'in')));
  } finally {
    child.kill('SIGKILL');
  }
});
