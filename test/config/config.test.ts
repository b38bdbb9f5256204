import {describe, expect, test} from 'vitest';
import {chooseProfile} from '../../src/config/choose-profile.ts';
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

  test('may put one stand-in beside the real other side', () => {
    const mixed = chooseProfile(readConfig(FULL, 'config.yaml'), 'mixed', 'config.yaml');
    expect([mixed.scheduler.kind, mixed.transfer.kind]).toEqual(['pbs', 'local']);
  });

  test('empty is no mistake', () => {
    expect(readConfig('', 'config.yaml').profiles.size).toBe(0);
  });

  test.each([
    ['default_profile: [a]', 'config.yaml:1:18: default_profile:'],
    ['profiles:\n  a: {scheduler: slurm}', 'config.yaml:2:18: profiles.a.scheduler:'],
    ['profiles:\n  a:\n    monitor: {min: -1}', 'config.yaml:3:20: profiles.a.monitor.min:'],
    ['collections:\n  x: not-a-uuid', 'config.yaml:2:6: collections.x: must be a collection id (a UUID)'],
    ['profiles:\n  a:\n    qeue: x', 'config.yaml:3:5: profiles.a:'],
    ['a: [', 'config.yaml:1:'],
    ['profiles: {a: {}, a: {}}', 'config.yaml:1:'],
  ])('%j is refused with file, line and column', (text, start) => {
    try {
      readConfig(text, 'config.yaml');
    } catch (error) {
      expect(error).toBeInstanceOf(RequestWrong);
      expect((error as RequestWrong).exit).toBe(2);
      expect((error as RequestWrong).details[0]?.startsWith(start), (error as RequestWrong).details[0]).toBe(true);
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
      expect.objectContaining({why: 'known are polaris, mixed, local'}),
    );
  });
});
