import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect, test} from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const times = (file: string, text: string) => readFileSync(join(ROOT, file), 'utf8').split(text).length - 1;

type Plants = Readonly<Record<string, Readonly<Record<string, readonly (readonly [string, string])[]>>>>;
// A script without types; its own comment says what it holds.
const {PLANTS} = (await import(pathToFileURL(join(ROOT, 'scripts/chaos-plants.mjs')).href)) as {PLANTS: Plants};

test.each(Object.entries(PLANTS))('the fault "%s" can be planted in the source as it is by now', (_, faults) => {
  const changes = Object.entries(faults).flatMap(([file, texts]) => texts.map(([from]) => ({file, from})));
  expect(changes.filter(({file, from}) => times(file, from) !== 1)).toEqual([]);
});
