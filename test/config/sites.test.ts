import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {findInProfile} from '../../src/app/site/find-in-profile.ts';
import {toCollection} from '../../src/config/map-path.ts';
import type {Profile} from '../../src/config/profile.ts';
import {proxyEnvironment} from '../../src/config/proxy.ts';
import {readConfig} from '../../src/config/read-config.ts';

const directory = join(import.meta.dirname, '..', '..', 'docs', 'sites');
const files = readdirSync(directory).filter((name) => name.endsWith('.yaml'));

function load(file: string): Profile {
  const config = readConfig(readFileSync(join(directory, file), 'utf8'), file);
  const profile = config.profiles.get(config.defaultProfile ?? '');
  if (!profile) throw new Error(`${file} has no default profile`);
  return profile;
}

test('there are examples for four kinds of sites', () => {
  expect(files.sort()).toEqual(['alcf-like.yaml', 'ncar-like.yaml', 'nci-like.yaml', 'openpbs.yaml']);
});

test.each(files)('%s can be loaded, and its head says what is known and what is to be filled in', (file) => {
  expect(load(file).scheduler.kind).toBe('pbs');
  const text = readFileSync(join(directory, file), 'utf8');
  expect(text).toMatch(/^# Known/m);
  expect(text).toMatch(/^# Fill in/m);
});

test.each(files)(
  'whatever %s leaves to the reader is found by the check, and nothing else is wrong with it',
  (file) => {
    const problems = findInProfile(load(file)).filter(({level}) => level === 'problem');
    expect(problems.map(({what}) => what)).toEqual(['placeholders are left to fill in']);
    const filled = readFileSync(join(directory, file), 'utf8')
      .replaceAll(/<[^>]+>/g, 'mine')
      .replaceAll('00000000-0000-0000-0000-000000000000', '61d8a676-447d-11ea-ab4d-0a7959ea6081');
    const [profile] = readConfig(filled, file).profiles.values();
    expect(profile && findInProfile(profile).filter(({level}) => level === 'problem')).toEqual([]);
  },
);

test('the ALCF-like site names file systems in all jobs, and gives them its proxy', () => {
  const alcf = load('alcf-like.yaml');
  for (const jobs of [alcf.compute, alcf.staging]) expect(jobs.resources.filesystems).toBe('home:eagle');
  expect(proxyEnvironment(alcf.proxy).https_proxy).toMatch(/^http:/);
  expect(toCollection(alcf.paths, '/lus/eagle/projects/climate/')).toEqual({collection: 'eagle', path: '/climate/'});
});

test('the NCI-like site asks without select, and copies in a queue of its own', () => {
  const nci = load('nci-like.yaml');
  expect(nci.staging).toMatchObject({queue: 'copyq', network: true});
  expect(nci.staging.resources).not.toHaveProperty('select');
  expect(nci).toMatchObject({strategy: 'wait', waitWalltime: '10:00:00'});
});
