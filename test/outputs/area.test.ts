import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {FactValue} from '../../src/disk/facts.ts';
import {type Area, covers, foldArea, judgeArea, type OwnerState, overlap} from '../../src/outputs/area.ts';
import {kindOfAreaFact} from '../../src/outputs/area-facts.ts';

const DAY = 86_400_000;
const BY = 'ann@h';
const AREA: FactValue = {
  ...{at: 0, by: BY, run: 'r.1', step: 'stage-out', reason: 'output'},
  ...{place: 'a:/out/', paths: ['/scratch/out'], before: 'absent'},
};

function areaOf(facts: Readonly<Record<string, FactValue>>): Area {
  const all = Object.entries({area: AREA, 'filling-1': {at: 5, by: BY, step: 'compute', attempt: 1}, ...facts});
  for (const [name, value] of all) expect(kindOfAreaFact(name)?.schema.safeParse(value)).toMatchObject({success: true});
  const area = foldArea('r.1.stage-out', new Map(all));
  if (!area) throw new Error('it is not registered');
  return area;
}

const ENDED: OwnerState = {is: 'ended', state: 'failed', at: 100 * DAY, sent: false, resumes: 0};
const said = {at: 0, by: BY};
const judged = (facts: Readonly<Record<string, FactValue>>, owner: OwnerState = ENDED, now = 200 * DAY) =>
  judgeArea(areaOf(facts), owner, now);

test('an area that nobody has released, and whose step names no time, is kept for ever', () => {
  expect(judged({})).toEqual({is: 'kept', why: 'it was not sent; kept until it is released'});
});

test('keep counts from the end of the run, and a person can have it last longer', () => {
  const area = {...AREA, keepMs: 14 * DAY};
  expect(judged({area}, ENDED, 114 * DAY - 1)).toMatchObject({is: 'kept', until: 114 * DAY});
  expect(judged({area}, ENDED, 114 * DAY).is).toBe('to-go');
  const longer = {area, 'kept-1': {...said, until: 150 * DAY}};
  expect(judged(longer, ENDED, 149 * DAY)).toMatchObject({is: 'kept', until: 150 * DAY});
  expect(judged(longer, ENDED, 150 * DAY).is).toBe('to-go');
});

test('where something lay there before the run, or may have, time alone lets nothing go', () => {
  for (const before of ['there', 'unknown']) {
    expect(judged({area: {...AREA, keepMs: DAY, before}}).is).toBe('kept');
    expect(judged({area: {...AREA, keepMs: DAY, before}, 'released-1-0': said}).is).toBe('to-go');
  }
});

test('what a person released before the run was resumed, or filled again, is not released any more', () => {
  expect(judged({'released-1-0': said})).toEqual({is: 'to-go', why: 'released by ann@h'});
  expect(judged({'released-1-0': said}, {...ENDED, resumes: 1}).is).toBe('kept');
  const again = {'filling-2': {...said, step: 'compute', attempt: 2}};
  expect(judged({'released-1-0': said, ...again}).is).toBe('kept');
  expect(judged({'removing-1-1': said, ...again}).is).toBe('kept');
  expect(judged({'gone-1': {...said, why: 'removed'}, ...again}).is).toBe('kept');
});

test('a removal that began is ended, and one that was not made is none', () => {
  expect(judged({'removing-1-1': said}).is).toBe('to-go');
  expect(judged({'removing-1-1': said, 'left-1-1': said}).is).toBe('kept');
  expect(judged({'removing-1-1': said, 'left-1-1': said, 'removing-1-2': said}).is).toBe('to-go');
});

const decisions = fc.subarray([
  ['released-1-0', said],
  ['released-2-0', said],
  ['removing-1-1', said],
  ['removing-2-1', said],
  ['kept-1', {...said, until: 50 * DAY}],
  ['filling-2', {...said, step: 'compute', attempt: 2}],
] as const);

test('nothing of a run that is active, or of which it is not known, is ever to go', () => {
  fc.assert(
    fc.property(decisions, fc.option(fc.nat(300)), fc.nat(1000), (facts, keep, day) => {
      const area = keep === null ? AREA : {...AREA, keepMs: keep * DAY};
      const all = {area, ...Object.fromEntries(facts)};
      expect(judged(all, {is: 'active'}, day * DAY).is).toBe('active');
      expect(judged(all, {is: 'unreadable', why: 'x'}, day * DAY).is).toBe('kept');
    }),
  );
});

test('without a decision and without a time nothing goes, however late it is', () => {
  fc.assert(fc.property(fc.nat(100_000), (day) => judged({}, ENDED, day * DAY).is === 'kept'));
});

test('places overlap where one is the other, or lies in it, whatever slashes end them', () => {
  expect(['/a/b', '/a/b/', '/a', '/a/b/c', '/', '/a/bc', '/b'].map((path) => overlap('/a/b/', path))).toEqual([
    ...[true, true, true, true, true, false, false],
  ]);
  expect([covers('/a', '/a/b'), covers('/a/', '/a'), covers('/a/b', '/a'), covers('/a', '/ab')]).toEqual([
    ...[true, true, false, false],
  ]);
});
