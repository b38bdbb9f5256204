import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import * as z from 'zod/mini';
import {createRefreshClaims, REFUSED_TOKEN, TURN} from '../../src/auth/refresh-claims.ts';
import {throughCache} from '../../src/config/config-cache.ts';
import {readConfig} from '../../src/config/read-config.ts';
import {openAskedPause, PAUSE} from '../../src/disk/asked-pause.ts';
import {ensureDirectory} from '../../src/disk/directories.ts';
import {fileCache} from '../../src/disk/file-cache.ts';
import {sharedPace} from '../../src/disk/shared-pace.ts';
import {openNote} from '../../src/disk/state-note.ts';
import {REMEMBERED} from '../../src/scheduler/pbs/capabilities.ts';
import {DAMAGES, type Damage, waysTo} from '../support/damages.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

// What can be learnt again: damaged in whatever way it counts as not there.

describe.each(DAMAGES.filter((damage) => damage !== 'of a newer format'))('%s', (damage: Damage) => {
  test('what PBS said of itself is asked for again, and kept again where the disk allows it', () => {
    const path = join(memoryDirectory('cache-'), 'scheduler.json');
    const cache = fileCache(path, REMEMBERED, ensureDirectory);
    const value = {serverName: 's', historyKept: true};
    cache.write(value);
    expect(cache.read()).toEqual(value);
    for (const apply of waysTo(damage, path, {schema: REMEMBERED})) {
      apply();
      // A cache that a link leads to is a cache.
      expect([undefined, JSON.stringify(value)]).toContain(JSON.stringify(cache.read()));
      cache.write(value);
      rmSync(path, {recursive: true, force: true});
      cache.write(value);
      expect(cache.read()).toEqual(value);
    }
  });

  test('a pause that Globus asked for is none', () => {
    const path = join(memoryDirectory('pause-'), 'globus-pause.json');
    const asked = openAskedPause(path, 'https://globus');
    const remembered = () => {
      asked.remember(3_600_000, 'x');
      return asked.now();
    };
    expect(remembered()).toMatchObject({said: 'x'});
    for (const apply of waysTo(damage, path, {schema: PAUSE})) {
      apply();
      expect([undefined, 'x']).toContain(asked.now()?.said);
      rmSync(path, {recursive: true, force: true});
      expect(remembered()).toMatchObject({said: 'x'});
    }
  });

  test('a note that runs are active is none', () => {
    const directory = memoryDirectory('note-');
    const note = openNote(directory, '/home/state', 'active');
    note.write();
    for (const apply of waysTo(damage, note.path, {schema: z.looseObject({directory: z.string()})})) {
      apply();
      expect(() => note.stands()).not.toThrow();
      rmSync(note.path, {recursive: true, force: true});
      note.write();
      expect(note.stands()).toBe(true);
    }
  });

  test('a configuration is read from its file again', async () => {
    const directory = memoryDirectory('config-');
    const file = join(directory, 'config.yaml');
    const text = 'profiles: {a: {transfer: local}, b: {transfer: local}}';
    writeFileSync(file, text);
    const caches = join(directory, 'cache');
    const load = () => throughCache(file, caches, async () => readConfig(text, file));
    await load();
    const path = join(caches, readdirSync(caches)[0] ?? '');
    const whole = readFileSync(path);
    for (const apply of waysTo(damage, path, {
      schema: z.looseObject({key: z.string(), sum: z.string(), config: z.looseObject({})}),
    })) {
      apply();
      expect([...(await load()).profiles.keys()]).toEqual(['a', 'b']);
      rmSync(path, {recursive: true, force: true});
      writeFileSync(path, whole);
    }
  });

  test('a pace and its lock keep no command waiting', async () => {
    const directory = memoryDirectory('pace-');
    for (const name of ['pace', 'pace.lock']) {
      const path = join(directory, name);
      writeFileSync(path, '{"at":1}');
      for (const apply of waysTo(damage, path, {schema: z.looseObject({at: z.number()})})) {
        apply();
        let waitedMs = 0;
        const sleep = async (ms: number) => {
          waitedMs += ms;
        };
        await sharedPace(join(directory, 'pace'), {perSecond: 1, burst: 1}, {now: () => 1_000_000, sleep})(500);
        expect(waitedMs).toBeLessThanOrEqual(600);
        for (const each of readdirSync(directory)) rmSync(join(directory, each), {recursive: true, force: true});
        writeFileSync(path, '{"at":1}');
      }
      rmSync(path, {recursive: true, force: true});
    }
  });

  test('a turn at renewing a token goes to the next process in time, and a refusal is asked for again', () => {
    const directory = join(memoryDirectory('turn-'), 'tokens');
    mkdirSync(directory);
    let now = 1_000_000;
    const claims = () => createRefreshClaims({directory, name: 'k', staleMs: 1_000, now: () => now});
    const turn = join(directory, 'renewal-k-g-1.json');
    expect(claims().take('g').kind).toBe('mine');
    const whole = readFileSync(turn, 'utf8');
    for (const apply of waysTo(damage, turn, TURN)) {
      apply();
      const mine = claims();
      expect(mine.take('g')).toMatchObject({kind: 'theirs'});
      now += 2_000;
      expect(mine.take('g').kind).toBe('mine');
      for (const file of readdirSync(directory)) rmSync(join(directory, file), {recursive: true, force: true});
      writeFileSync(turn, whole.replace(/"at":\d+/, `"at":${now}`));
    }
    const refused = join(directory, 'renewal-k-h-refused.json');
    claims().refuse('h', 'invalid_grant');
    expect(claims().take('h')).toEqual({kind: 'refused', why: 'invalid_grant'});
    for (const apply of waysTo(damage, refused, REFUSED_TOKEN)) {
      apply();
      expect(claims().take('h').kind).not.toBe('refused');
      for (const file of readdirSync(directory)) rmSync(join(directory, file), {recursive: true, force: true});
      claims().refuse('h', 'invalid_grant');
    }
  });
});
