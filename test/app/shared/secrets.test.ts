import {spawn} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {copyCode, runWithPerson} from '../../auth/support/person.ts';
import {bytesIn, filesUnder} from '../../support/files.ts';
import {shownBy, watchProcesses} from '../../support/process-watch.ts';
import {classic} from '../../support/workflows.ts';
import {linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: /proc shows what is in the arguments and environment of a process.

let world: World;
let config = '';
beforeAll(async () => {
  world = await localWorld({ownProcesses: true});
  config = world.write(
    'config.yaml',
    `profiles:
  client: {scheduler: local, transfer: local, monitor: {min: 1s, max: 2s}}
  person:
    scheduler: local
    transfer: {kind: local, client_id: 5b2f1d3c-0000-4000-8000-000000000009}
    monitor: {min: 1s, max: 2s}
  variables:
    scheduler: local
    transfer: {kind: local, sign_in: client, client_id: ${own().client_id}}
    monitor: {min: 1s, max: 2s}
`,
  );
});
afterAll(() => world.close());

const own = () =>
  JSON.parse(readFileSync(join(world.home, 'stand-ins/credentials.json'), 'utf8')) as {
    client_id: string;
    client_secret: string;
  };

/** Files that are made to hold secrets: those of `stage`, mode 0600, and those of the service itself. */
const MADE_FOR_SECRETS =
  /^home\/(\w+\/tokens\/token-\w+\.json|stand-ins\/credentials\.json|stand-ins\/globus\/[\w-]+\.json)$/;

const inJob = (environ: string): boolean => environ.includes('PBS_JOBID=');
/** The environment of a command that a person typed: what it holds it holds by their will. */
const isTyped = (part: string): boolean =>
  / environ: (\/bin\/bash -p \S*\/bin\/stage |\S*\/node (.*\/dist\/start|--version $))/.test(part);

const ended = (run: string, profile: string) =>
  world.waitFor(`the end of ${run}`, () => existsSync(join(world.home, profile, 'sealed', `${run}.1.json`)));

/** Ways to sign in, and what is typed before the run. */
const WAYS: Readonly<Record<string, (known: Set<string>) => Promise<Readonly<Record<string, string>>>>> = {
  client: async () => ({}),
  person: async (known) => {
    const env = {STAGE_HOME: world.home, STAGE_PROFILE: 'person', STAGE_CONFIG: config};
    const signedIn = await runWithPerson(['login'], env, async (page) => {
      const code = await copyCode(page);
      if (code) known.add(code);
      return code;
    });
    expect({exit: signedIn.exitCode, leak: [...known].some((code) => signedIn.stderr.includes(code))}).toEqual({
      exit: 0,
      leak: false,
    });
    return {};
  },
  variables: async () => ({STAGE_CLIENT_ID: own().client_id, STAGE_CLIENT_SECRET: own().client_secret}),
};

test.each(Object.entries(WAYS))(
  'a whole run signed in as %s leaves its secrets nowhere but in the files made for them',
  async (profile, signIn) => {
    const known = new Set([own().client_secret]);
    const env = {STAGE_PROFILE: profile, STAGE_CONFIG: config};
    const tokens = join(world.home, profile, 'tokens');
    const learn = () => {
      if (!existsSync(tokens)) return;
      for (const name of readdirSync(tokens).filter((file) => /^token-\w+\.json$/.test(file)))
        for (const [, secret] of readFileSync(join(tokens, name), 'utf8').matchAll(
          /"(?:access|refresh)_token":"([^"]+)"/g,
        ))
          known.add(String(secret));
    };
    const more = await signIn(known);
    const watch = watchProcesses(world.root, learn);
    const said: {part: string; text: string}[] = [];
    const types = async (variables: Readonly<Record<string, string>>, ...argv: string[]) => {
      const {exitCode, stdout, stderr} = await world.stage(...argv, {env: {...env, ...variables}});
      said.push({part: argv.join(' '), text: stdout + stderr});
      return exitCode;
    };

    const go = join(world.work, `${profile}.go`);
    const {file, computed} = classic(world, profile, {
      body: `env > ${world.work}/${profile}.env\nwhile [ ! -e ${go} ]; do sleep 0.2; done\ncp -R ${world.path('cluster', `${profile}/in`)}/. ${world.path('cluster', `${profile}/out`)}/`,
    });
    // A qsub of a millisecond may pass unseen: the first one is made to stay until it has been seen.
    await world.stage('local', 'outage', 'pbs', '--mode', 'hang', '--command', 'qsub', '--count', '1');
    const run = types(more, 'run', file);
    await world.waitFor('a qsub', () => watch.seen().some(({text}) => /\bqsub\0/.test(text)));
    await world.stage('local', 'outage', 'end');
    expect(await run).toBe(0);
    await world.waitFor('the start of compute', () => linesIn(computed) === 1);
    const before = known.size;
    await world.stage('local', 'expire', '--tokens'); // whatever looks next needs another one
    expect(await types({...more, DEBUG: '*'}, 'status', '--json')).toBe(0);
    expect(await types(more, 'whoami')).toBe(0);
    world.write(`${profile}.go`, '');
    await ended(profile, profile);
    await types(more, 'logs', profile);
    await types({}, 'why', profile, '--json');
    learn();
    watch.end();
    expect(known.size).toBeGreaterThan(before);

    const processes = watch.seen().filter(({part, text}) => !isTyped(part) || inJob(text));
    for (const kind of [`compute.${profile}`, 'launch.stage-out', 'stage-monitor'])
      expect({kind, seen: processes.some(({text}) => text.includes(`PBS_JOBNAME=${kind}`))}).toEqual({
        kind,
        seen: true,
      });
    const places = [
      ...said,
      ...processes,
      {part: 'qstat -x -f', text: (await world.pbs('qstat', '-x', '-f')).stdout},
      ...filesUnder(world.root)
        .filter((name) => !MADE_FOR_SECRETS.test(relative(world.root, name)))
        .flatMap((name) => {
          const text = bytesIn(name);
          return text === undefined ? [] : [{part: name, text: `${name}\n${text}`}];
        }),
    ];
    expect(places.length).toBeGreaterThan(60);
    for (const secret of known)
      expect(places.filter(({text}) => text.includes(secret)).map(({part}) => part)).toEqual([]);
  },
);

test('what a process shows is seen', async () => {
  const watch = watchProcesses(world.root);
  for (const kind of ['argument', 'environment']) {
    const words = `for-a-moment-in-an-${kind}`;
    const shown = spawn('sleep', kind === 'argument' ? ['60', '0'] : ['60'], {
      env: {WORLD: world.root, ...(kind === 'environment' ? {SECRET: words} : {})},
      ...(kind === 'argument' ? {argv0: words} : {}),
    });
    // Until it has been seen: how long a look takes depends on how many processes there are.
    await world.waitFor(words, () => watch.seen().some(({text}) => text.includes(words)));
    shown.kill();
  }
  watch.end();
});

test('a process that becomes another program while it is looked at is seen as what it became', () => {
  const reads: Record<string, string[]> = {
    cmdline: ['node vitest', '', 'bash -p bin/stage whoami', 'bash -p bin/stage whoami'],
    environ: ['STAGE_CLIENT_SECRET=x', 'STAGE_CLIENT_SECRET=x', 'STAGE_CLIENT_SECRET=x'],
  };
  expect(shownBy((part) => reads[part]?.shift() ?? 'read too often')).toEqual({
    cmdline: 'bash -p bin/stage whoami',
    environ: 'STAGE_CLIENT_SECRET=x',
  });
});
