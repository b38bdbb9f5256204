import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {chooseProfile, loadConfig} from '../../src/config/choose-profile.ts';
import {proxyEnvironment} from '../../src/config/proxy.ts';
import {readConfig} from '../../src/config/read-config.ts';
import {RequestWrong} from '../../src/errors.ts';

const UUID = '08925f04-569f-11e7-bef8-22000b9a448b';

const FULL = `
default_profile: polaris
collections: {theta: ${UUID}}
profiles:
  polaris:
    scheduler: {kind: pbs, bin: /opt/pbs/bin, timeout: 90s}
    transfer: {auth_url: "https://auth.example.org", credentials: /home/ann/globus.json}
    compute: {queue: prod, account: climate, resources: {filesystems: "home:eagle", walltime: "01:00:00"}, extra: [-r, y]}
    staging: {queue: debug, resources: {walltime: "00:05:00"}}
    setup: module load node
    monitor: {min: 1m, max: 1h}
    lost_after: 5m
  mixed: {scheduler: pbs, transfer: local}
`;

describe('a configuration', () => {
  test('gives profiles their settings, and defaults where it is silent', () => {
    const polaris = chooseProfile(readConfig(FULL, 'config.yaml'), undefined, 'config.yaml');
    expect(polaris).toMatchObject({
      name: 'polaris',
      scheduler: {kind: 'pbs', bin: '/opt/pbs/bin', timeoutMs: 90_000},
      transfer: {
        kind: 'globus',
        authUrl: 'https://auth.example.org/',
        transferUrl: 'https://transfer.api.globus.org/',
        credentials: '/home/ann/globus.json',
      },
      compute: {
        queue: 'prod',
        account: 'climate',
        resources: {filesystems: 'home:eagle', walltime: '01:00:00'},
        extraArgs: ['-r', 'y'],
      },
      staging: {queue: 'debug', resources: {select: '1:ncpus=1', walltime: '00:05:00'}},
      setup: ['module load node'],
      monitor: {minMs: 60_000, maxMs: 3_600_000},
      lostGraceMs: 300_000,
      collections: {theta: UUID},
    });
  });

  test('paces the commands of a PBS, by default and as it says, and those of the stand-in only when it says so', () => {
    const paceOf = (scheduler: string) =>
      readConfig(`profiles: {a: {scheduler: ${scheduler}}}`, 'config.yaml').profiles.get('a')?.scheduler.pace;
    expect(paceOf('pbs')).toEqual({perSecond: 2, burst: 20});
    expect(paceOf('{kind: pbs, commands_per_second: 0.5}')).toEqual({perSecond: 0.5, burst: 20});
    expect(paceOf('{kind: pbs, burst: 5}')).toEqual({perSecond: 2, burst: 5});
    expect(paceOf('local')).toBeUndefined();
    expect(paceOf('{kind: local, commands_per_second: 50}')).toEqual({perSecond: 50, burst: 20});
    expect(() => paceOf('{kind: pbs, burst: 0}')).toThrow();
  });

  test('says for all jobs what it says outside of compute and staging, and each kind wins over that', () => {
    const site = readConfig(
      `profiles:
  eagle:
    account: climate
    queue: prod
    resources: {filesystems: "home:eagle"}
    extra: [-r, y]
    compute: {walltime: "02:00:00"}
    staging: {queue: copyq, select: "1:ncpus=1", walltime: "01:00:00", node_property: dtn, extra: [-k, oe], network: false}
`,
      'config.yaml',
    ).profiles.get('eagle');
    expect(site?.compute).toEqual({
      queue: 'prod',
      account: 'climate',
      resources: {filesystems: 'home:eagle', walltime: '02:00:00'},
      extraArgs: ['-r', 'y'],
    });
    expect(site?.staging).toEqual({
      queue: 'copyq',
      account: 'climate',
      resources: {filesystems: 'home:eagle', select: '1:ncpus=1:dtn=True', walltime: '01:00:00'},
      extraArgs: ['-r', 'y', '-k', 'oe'],
      network: false,
    });
  });

  test('takes a default away where a site will not have it', () => {
    const text = 'profiles: {gadi: {staging: {resources: {select: null, ncpus: 1}}}}';
    expect(readConfig(text, 'c').profiles.get('gadi')?.staging.resources).toEqual({ncpus: '1', walltime: '00:05:00'});
  });

  test('a node property is asked for in every chunk of select', () => {
    const text = 'profiles: {a: {compute: {select: "2:ncpus=4+1:ncpus=1", node_property: "arch=milan"}}}';
    expect(readConfig(text, 'c').profiles.get('a')?.compute.resources.select).toBe(
      '2:ncpus=4:arch=milan+1:ncpus=1:arch=milan',
    );
  });

  test('a further argument of qsub with which nothing can be confirmed is refused with its line', () => {
    const text = 'profiles:\n  a:\n    staging:\n      extra: [-k, oe, -z]\n';
    expect(() => readConfig(text, 'c')).toThrow(
      expect.objectContaining({exit: 2, details: [expect.stringMatching(/^c:4:.*extra.*does not print the id/)]}),
    );
  });

  test('gives the engine what a site limits, who looks, and which paths are which', () => {
    const text = `profiles:
  a:
    strategy: wait
    wait_walltime: "24:00:00"
    max_queued: 10
    transfers: {max_pending: 80}
    paths: [{cluster: /lus/eagle/projects, collection: eagle, path: /projects}]
`;
    expect(readConfig(text, 'c').profiles.get('a')).toMatchObject({
      strategy: 'wait',
      waitWalltime: '24:00:00',
      maxQueued: 10,
      maxPending: 80,
      paths: [{cluster: '/lus/eagle/projects', collection: 'eagle', path: '/projects'}],
    });
    expect(readConfig('profiles: {a: {}}', 'c').profiles.get('a')).toMatchObject({
      strategy: 'monitor',
      waitWalltime: '12:00:00',
      paths: [],
      staging: {network: true},
    });
  });

  test('a proxy is told in both spellings, and never stands between us and this machine', () => {
    const text = 'profiles: {a: {proxy: {https: "http://proxy.example.org:3128", no_proxy: ".example.org, pbs"}}}';
    expect(proxyEnvironment(readConfig(text, 'c').profiles.get('a')?.proxy)).toEqual({
      https_proxy: 'http://proxy.example.org:3128',
      HTTPS_PROXY: 'http://proxy.example.org:3128',
      no_proxy: '.example.org,pbs,localhost,127.0.0.1,::1',
      NO_PROXY: '.example.org,pbs,localhost,127.0.0.1,::1',
    });
    expect(proxyEnvironment(undefined)).toEqual({});
  });

  test('may put one stand-in beside the real other side', () => {
    const mixed = chooseProfile(readConfig(FULL, 'config.yaml'), 'mixed', 'config.yaml');
    expect([mixed.scheduler.kind, mixed.transfer.kind]).toEqual(['pbs', 'local']);
  });

  test('empty is no mistake', () => {
    expect(readConfig('', 'config.yaml').profiles.size).toBe(0);
  });

  test('a directory in its place is refused as such', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'config-'));
    const wrong = {code: 'CONFIG_INVALID', exit: 2, message: expect.stringMatching(/is a directory$/)};
    await expect(loadConfig(directory, true, join(directory, 'cache'))).rejects.toMatchObject(wrong);
    rmSync(directory, {recursive: true});
  });

  test.each([
    ['default_profile: [a]', 'config.yaml:1:18: default_profile:'],
    ['profiles: {a: {proxy: {https: "http://u:p@h:1"}}}', 'config.yaml:1:31: profiles.a.proxy.https: must be'],
    ['profiles: {a: {wait_walltime: 12h}}', 'config.yaml:1:31: profiles.a.wait_walltime: must be'],
    ['profiles: {a: {max_queued: 0}}', 'config.yaml:1:28: profiles.a.max_queued:'],
    ['profiles: {a: {transfers: {max_pending: x}}}', 'config.yaml:1:41: profiles.a.transfers.max_pending:'],
    ['profiles: {a: {transfers: {pending: 1}}}', 'config.yaml:1:28: profiles.a.transfers.pending:'],
    [
      'profiles: {a: {paths: [{cluster: lus, collection: e, path: /}]}}',
      'config.yaml:1:34: profiles.a.paths[0].cluster: must be',
    ],
    ['profiles: {a: {compute: {node_property: "a:b"}}}', 'config.yaml:1:41: profiles.a.compute.node_property: must be'],
    ['profiles:\n  a: {scheduler: slurm}', 'config.yaml:2:18: profiles.a.scheduler:'],
    ['profiles:\n  a:\n    monitor: {min: -1}', 'config.yaml:3:20: profiles.a.monitor.min:'],
    ['collections:\n  x: not-a-uuid', 'config.yaml:2:6: collections.x: must be a collection id (a UUID)'],
    ['a: [', 'config.yaml:1:'],
    ['profiles: {a: {}, a: {}}', 'config.yaml:1:19: profiles.a: appears twice; first on line 1'],
    ['[]', 'config.yaml:1:1: the file: is a list; must be a map'],
    ['a: 1\n---\nb: 1', 'config.yaml:2:1: a second YAML document starts here; a configuration file holds one'],
    ['profiles:\n  a: *site', 'config.yaml:2:6: the alias *site has no anchor &site before it'],
    [
      'profiles:\n  a:\n    scheduler: pbs\n    quue: workq',
      /^config.yaml:4:5: profiles.a.quue: unknown key; known: .*; did you mean "queue"\?$/,
    ],
    [
      'profiles:\n  a:\n    scheduler:\n      knd: pbs',
      /^config.yaml:4:7: profiles.a.scheduler.knd: unknown key; known: kind, bin, timeout, commands_per_second and burst; did you mean "kind"\?$/,
    ],
    [
      'profiles: {a: {paths: [{cluster: /a, collection: e, path: /, mode: x}]}}',
      /^config.yaml:1:62: profiles.a.paths\[0\].mode: unknown key; known: cluster, collection and path$/,
    ],
    [
      'profiles: {a: {paths: [{cluster: /a, path: /}]}}',
      'config.yaml:1:24: profiles.a.paths[0]: collection is missing',
    ],
    ['profile: {}', /^config.yaml:1:1: profile: unknown key; .*did you mean "profiles"\?$/],
    ['profiles: {a: {strategy: foo}}', 'config.yaml:1:26: profiles.a.strategy: must be monitor or wait'],
    [
      'profiles: {a: {strategy: monitr}}',
      'config.yaml:1:26: profiles.a.strategy: must be monitor or wait; did you mean "monitor"?',
    ],
    [
      'profiles: {a: {account: 0123}}',
      'config.yaml:1:25: profiles.a.account: is a number (it has no quotes); must be text',
    ],
    ['profiles: {a: {queue: }}', 'config.yaml:1:23: profiles.a.queue: is empty; must be text'],
    [
      'profiles: {a: {scheduler: []}}',
      'config.yaml:1:27: profiles.a.scheduler: is a list; must be pbs or local, or a map',
    ],
    [
      'profiles: {a: {transfer: {kind: globos}}}',
      /transfer.kind: must be globus or local or none; did you mean "globus"\?$/,
    ],
    ['profiles: {a: {monitor: {min: [1]}}}', /monitor.min: is a list; must be seconds, or a number with s, m or h$/],
    ['profiles: {a: {lost_after: 0}}', 'config.yaml:1:28: profiles.a.lost_after: must be above 0'],
    [
      'profiles: {a: {keep: {runs: soon}}}',
      'config.yaml:1:29: profiles.a.keep.runs: must be a number with m, h or d, such as 30d',
    ],
    ['profiles: {"a b": {}}', 'config.yaml:1:12: profiles."a b": cannot be a key; must be letters'],
    [
      'profiles: {a: {monitor: {min: 60s, max: 30s}}}',
      'config.yaml:1:25: profiles.a.monitor: its min (60 s) must not be above its max (30 s)',
    ],
    ['profiles: {a: {monitor: {min: 1h}}}', /its min \(3600 s\) must not be above its max \(1800 s\)$/],
    [
      'profiles: {a: {transfer: {credentials: globus.json}}}',
      'config.yaml:1:40: profiles.a.transfer.credentials: must be an absolute path',
    ],
  ] as readonly (readonly [string, string | RegExp])[])('%j is refused with file, line and column', (text, start) => {
    try {
      readConfig(text, 'config.yaml');
    } catch (error) {
      expect(error).toBeInstanceOf(RequestWrong);
      expect((error as RequestWrong).exit).toBe(2);
      const [detail = ''] = (error as RequestWrong).details;
      if (start instanceof RegExp) expect(detail).toMatch(start);
      else expect(detail.slice(0, start.length)).toBe(start);
      return;
    }
    throw new Error('it was accepted');
  });
});

describe('the choice of a profile', () => {
  const none = readConfig('', 'c');

  test('is never the stand-ins by themselves', () => {
    expect(() => chooseProfile(none, undefined, 'c')).toThrow(/no profile was chosen/);
  });

  test('"local" is always there', () => {
    expect(chooseProfile(none, 'local', 'c').scheduler.kind).toBe('local');
  });

  test('an unknown name is told with the known ones', () => {
    expect(() => chooseProfile(readConfig(FULL, 'c'), 'polarsi', 'c')).toThrow(
      expect.objectContaining({why: 'known profiles: polaris, mixed, local'}),
    );
  });
});

test.each([
  ['https://auth.example.org', true],
  ['http://localhost:8080/', true],
  ['http://127.0.0.1:8080', true],
  ['http://127.8.9.1', true],
  ['http://[::1]:8080', true],
  ['http://auth.example.org', false],
  ['http://10.0.0.1:8080', false],
  ['http://localhost.example.org', false],
  ['http://127.0.0.1.example.org', false],
  ['http://127.0.0.1@example.org', false],
  ['ftp://127.0.0.1', false],
])('tokens go to a service by https, or on this machine: %s', (address, taken) => {
  for (const key of ['auth_url', 'transfer_url']) {
    const read = () => readConfig(`profiles:\n  site:\n    transfer:\n      ${key}: "${address}"\n`, 'c');
    if (taken) {
      expect(read).not.toThrow();
      continue;
    }
    const located = new RegExp(
      `^c:4:\\d+: profiles\\.site\\.transfer\\.${key}: .*must be an address that starts with https`,
    );
    expect(read).toThrow(expect.objectContaining({exit: 2, details: [expect.stringMatching(located)]}));
  }
});
