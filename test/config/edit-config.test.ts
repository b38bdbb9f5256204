import {chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {withProfile} from '../../src/config/edit-config.ts';
import {readConfig} from '../../src/config/read-config.ts';
import {readIfThere, replaceFile} from '../../src/disk/replace-file.ts';

const SOURCE = `# mine, with care
default_profile: old # the good one

collections: # for all
  theta: 08925f04-569f-11e7-bef8-22000b9a448b
profiles:
  # the old cluster
  old:
    scheduler: pbs # still there
`;
const NEW = {name: 'new', section: {compute: {queue: 'workq'}}, makeDefault: false, force: false};

test('a profile is added, and every comment and value that was there stays', () => {
  const text = withProfile(SOURCE, 'c', NEW);
  for (const comment of SOURCE.match(/# .*/g) ?? []) expect(text).toContain(comment);
  const config = readConfig(text, 'c');
  expect([...config.profiles.keys()]).toEqual(['old', 'new']);
  expect(config.profiles.get('new')?.compute.queue).toBe('workq');
  expect(config.defaultProfile).toBe('old');
  expect(config.collections).toEqual(readConfig(SOURCE, 'c').collections);
});

test('the first profile becomes the default one, a later one when it is said', () => {
  expect(readConfig(withProfile('', 'c', NEW), 'c').defaultProfile).toBe('new');
  expect(readConfig(withProfile('# only a comment\n', 'c', NEW), 'c').profiles.has('new')).toBe(true);
  expect(readConfig(withProfile(SOURCE, 'c', {...NEW, makeDefault: true}), 'c').defaultProfile).toBe('new');
});

test('a profile that is there is replaced by force alone', () => {
  const again = {...NEW, name: 'old'};
  expect(() => withProfile(SOURCE, 'c', again)).toThrow('there is a profile "old" already');
  expect(readConfig(withProfile(SOURCE, 'c', {...again, force: true}), 'c').profiles.get('old')?.compute.queue).toBe(
    'workq',
  );
});

test('what could not be loaded is never written: a file with a mistake, a section with one', () => {
  expect(() => withProfile('profiles: {a: {queue: [}', 'c', NEW)).toThrow('mistake');
  expect(() => withProfile(SOURCE, 'c', {...NEW, section: {wait_walltime: 'soon'}})).toThrow('mistake');
});

function place(): string {
  const directory = mkdtempSync(join(tmpdir(), 'stage-config-'));
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}));
  return directory;
}

test.each(['640', '664', '600'])(
  'a file is replaced whole, keeps its mode %s, and a link keeps pointing to it',
  (mode) => {
    const directory = place();
    const [file, link] = [join(directory, 'dotfiles.yaml'), join(directory, 'config.yaml')];
    writeFileSync(file, 'a');
    chmodSync(file, Number.parseInt(mode, 8));
    symlinkSync(file, link);
    replaceFile(link, 'a', 'b');
    expect(readFileSync(file, 'utf8')).toBe('b');
    expect((statSync(file).mode & 0o777).toString(8)).toBe(mode);
    expect(readdirSync(directory).sort()).toEqual(['config.yaml', 'dotfiles.yaml']);
  },
);

test('what another process wrote meanwhile is not overwritten', () => {
  const file = join(place(), 'sub', 'config.yaml');
  expect(readIfThere(file)).toBeUndefined();
  replaceFile(file, undefined, 'a');
  expect(() => replaceFile(file, undefined, 'b')).toThrow('changed by another process');
  expect(() => replaceFile(file, 'x', 'b')).toThrow('changed by another process');
  expect(readFileSync(file, 'utf8')).toBe('a');
});
