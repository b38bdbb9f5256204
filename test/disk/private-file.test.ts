import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {privacyOf, writePrivate} from '../../src/disk/private-file.ts';
import {modeOf} from '../support/world.ts';

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'stage-private-'));
  onTestFinished(() => rmSync(made, {recursive: true, force: true}));
  return made;
}

test('a file is private when its owner alone may read and replace it', async () => {
  const file = join(directory(), 'secret');
  expect(await privacyOf(file, 'file')).toEqual({kind: 'missing'});
  writeFileSync(file, 'x');
  for (const mode of [0o600, 0o400, 0o700]) {
    chmodSync(file, mode);
    expect(await privacyOf(file, 'file')).toEqual({kind: 'private'});
  }
  for (const mode of [0o640, 0o602, 0o601]) {
    chmodSync(file, mode);
    expect(await privacyOf(file, 'file')).toEqual({kind: 'open', mode: `0${mode.toString(8)}`});
  }
});

test('a link, a directory and a place below a file are no private file', async () => {
  const place = directory();
  writeFileSync(join(place, 'file'), '', {mode: 0o600});
  symlinkSync('file', join(place, 'link'));
  mkdirSync(join(place, 'below'), {mode: 0o700});
  for (const name of ['link', 'below', 'file/more'])
    expect(await privacyOf(join(place, name), 'file')).toMatchObject({kind: 'unusable'});
  expect(await privacyOf(join(place, 'below'), 'directory')).toEqual({kind: 'private'});
});

test('what is written is private whatever was there before, and whatever the umask', async () => {
  const umask = process.umask(0o000);
  onTestFinished(() => void process.umask(umask));
  const place = directory();
  const file = join(place, 'secret');
  writeFileSync(file, 'of everybody', {mode: 0o666});
  writePrivate(file, 'mine');
  expect([readFileSync(file, 'utf8'), modeOf(file), readdirSync(place)]).toEqual(['mine', '600', ['secret']]);
});
