import {existsSync, readdirSync, readFileSync, statSync, truncateSync} from 'node:fs';
import {join, relative} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {bytesIn, filesUnder} from '../../support/files.ts';
import {classic} from '../../support/workflows.ts';
import {linesIn, localWorld, modeOf, type World} from '../../support/world.ts';

// Real processes: arguments and environments of all processes and jobs are searched for secrets.

let world: World;
beforeAll(async () => {
  world = await localWorld();
});
afterAll(() => world.close());

interface Entry {
  readonly step?: string;
  readonly source: string;
  readonly text: string;
}

const entriesOf = async (run: string, ...flags: string[]) =>
  (await world.stage('logs', run, '--json', ...flags)).json<{entries: Entry[]}>().entries;

/** What processes that have to do with this world show in their arguments and environment. */
function shownByProcesses(): {part: string; text: string}[] {
  const parts = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((part) => `/proc/${pid}/${part}`));
  return parts.flatMap((part) => {
    try {
      const text = readFileSync(part, 'latin1');
      return text.includes(world.home) ? [{part, text}] : [];
    } catch {
      return []; // it has ended
    }
  });
}

/** What must be nowhere but in the files that are made for it. */
function secrets(): string[] {
  const {client_secret} = JSON.parse(readFileSync(join(world.home, 'stand-ins/credentials.json'), 'utf8')) as {
    client_secret: string;
  };
  const tokens = readdirSync(join(world.state, 'tokens')).flatMap((name) => {
    const text = readFileSync(join(world.state, 'tokens', name), 'utf8');
    return [...text.matchAll(/"([A-Za-z0-9_-]{40,})"/g)].map((match) => String(match[1]));
  });
  if (client_secret.length < 10 || tokens.length === 0) throw new Error('there is no secret to look for');
  return [client_secret, ...tokens];
}

test('logs hold events, stdout and stderr of every step, live while a job runs; nothing secret stands anywhere', async () => {
  const go = join(world.work, 'go');
  const {file, computed} = classic(world, 'told', {
    body: `echo to-stdout\necho to-stderr >&2\nwhile [ ! -e ${go} ]; do sleep 0.2; done\necho the-end`,
  });
  await world.stage('run', file);
  await world.waitFor('the start of compute', () => linesIn(computed) === 1);
  const live = await world.waitFor('the first output in the logs', async () => {
    const entries = await entriesOf('told');
    return entries.some(({text}) => text === 'to-stderr') && entries;
  });
  expect(live).toContainEqual(expect.objectContaining({step: 'compute', source: 'stdout', text: 'to-stdout'}));
  expect(live).toContainEqual(expect.objectContaining({step: 'compute', source: 'stderr', text: 'to-stderr'}));
  expect(live.some(({text}) => text === 'the-end')).toBe(false);

  // While everything is there to be looked into: processes, files, job records.
  const known = secrets();
  const ours = shownByProcesses();
  expect(ours.length).toBeGreaterThan(0);
  for (const {part, text} of ours)
    expect({part, secret: known.some((secret) => text.includes(secret))}).toEqual({part, secret: false});

  world.write('go', '');
  await world.ended('told.1');
  const all = await entriesOf('told');
  expect(all.some(({text}) => text === 'the-end')).toBe(true);
  for (const step of ['stage-in', 'compute', 'stage-out', 'cleanup'])
    expect(all.some((entry) => entry.step === step && entry.source === 'event')).toBe(true);
  const only = await entriesOf('told', '--step', 'compute');
  expect([...new Set(only.map(({step}) => step))]).toEqual(['compute']);

  const none = await world.stage('logs', 'told', '--step', 'nosuch');
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('run told.1 has no step "nosuch"')]);

  const queue = (await world.pbs('qstat', '-x', '-f')).stdout;
  expect(queue).toContain('told');
  const texts = [
    ['qstat -x -f', queue],
    ...filesUnder(world.home)
      .map((path) => [relative(world.home, path), path] as const)
      .filter(([name]) => !/^(stand-ins|local\/tokens)\//.test(name))
      .map(([name, path]) => [name, bytesIn(path) ?? ''] as const),
  ] as const;
  expect(texts.length).toBeGreaterThan(20);
  for (const secret of secrets())
    expect(texts.filter(([, text]) => text.includes(secret)).map(([name]) => name)).toEqual([]);
});

test('output that no string of Node.js can hold is told of with its place; the rest is shown', async () => {
  const {file} = classic(world, 'long');
  await world.stage('run', file);
  await world.ended('long.1');
  const output = join(world.state, 'runs/long.1/logs/compute.1.out');
  truncateSync(output, 600 * 1024 * 1024); // with a hole: it takes no room
  const entries = await entriesOf('long');
  expect(entries).toContainEqual(
    expect.objectContaining({step: 'compute', text: expect.stringMatching(`^too long .* less .*${output}`)}),
  );
  expect(entries.some(({step}) => step === 'stage-out')).toBe(true);
});

test('runs and tokens are readable by their owner alone', async () => {
  const {file} = classic(world, 'private');
  await world.stage('run', file);
  await world.ended('private.1');
  const state = world.state;
  const directories = [
    'runs',
    'runs/private.1',
    'runs/private.1/facts',
    'runs/private.1/logs',
    'runs/private.1/scripts',
    'tokens',
    'sealed',
    'monitor',
  ];
  for (const name of directories) expect({name, mode: modeOf(join(state, name))}).toEqual({name, mode: '700'});
  for (const file of [...filesUnder(join(state, 'tokens')), ...filesUnder(join(state, 'sealed'))])
    expect({file, mode: modeOf(file)}).toEqual({file, mode: '600'});
  for (const file of filesUnder(join(state, 'runs/private.1')))
    expect({file, others: (statSync(file, {throwIfNoEntry: false})?.mode ?? 0) & 0o077}).toEqual({file, others: 0});
  expect(existsSync(join(world.home, 'stand-ins/credentials.json'))).toBe(true);
  expect(modeOf(join(world.home, 'stand-ins/credentials.json'))).toBe('600');
});
