import {rmSync} from 'node:fs';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import type {LookRequest} from '../../src/engine/look/request.ts';
import type {KindEnd, PartKind, RunApart} from '../../src/engine/parts/kinds.ts';
import {openPartNotes} from '../../src/engine/parts/notes.ts';
import {type LookPart, part} from '../../src/engine/parts/part.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import {runApart} from '../../src/process/run-apart.ts';
import {readEnd} from '../../src/wiring/parts.ts';
import {jobStep, specOf} from '../support/a-run.ts';
import {type FakeWorld, fakeWorld} from '../support/fakes.ts';
import {memoryDirectory} from '../support/memory-directory.ts';

const R = 'r.1' as RunId;
const KINDS: readonly PartKind[] = ['watches', 'housekeeping'];

let directory: string;
let world: FakeWorld;
let ran: string[];
beforeEach(() => {
  directory = memoryDirectory('parts-');
  world = fakeWorld(directory);
  ran = [];
  const {run: _, number, nonce: __, format: ___, ...spec} = specOf([jobStep('one'), jobStep('two', {needs: ['one']})]);
  openLedger(directory).createRun(number, spec, new Map());
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

const noted = (kind: PartKind, more: Partial<LookPart> = {}): LookPart =>
  part(kind, {
    isDue: () => true,
    run: async () => {
      ran.push(kind);
      return 'done';
    },
    ...more,
  });
const look = (request: LookRequest, parts: readonly LookPart[], apart?: RunApart) =>
  reconcile({...world.context(), runApart: apart}, request, parts);
const finish = (step: string) => world.scheduler.finish(world.scheduler.submitted(`${step}.1.job`)[0] as JobId, 0);

describe.each(KINDS)('%s that hang', (hanging) => {
  /** A real process for the kind that hangs, which waits for ever; the others are done at once. */
  const apart: RunApart = async (kind): Promise<KindEnd> => {
    if (kind !== hanging) {
      ran.push(kind);
      return {is: 'done'};
    }
    return readEnd(await runApart('sleep', ['600'], {limitMs: 200, graceMs: 50}), 200);
  };

  test('delay no other kind, and nothing that PBS is asked for', async () => {
    const request = {until: world.now + 60_000};
    const parts = KINDS.map((kind) => noted(kind));
    await look(request, parts, apart);
    finish('one');
    ran = [];
    world.now += 1000;
    const looked = await look({until: world.now + 60_000}, parts, apart);
    expect(ran.sort()).toEqual(KINDS.filter((kind) => kind !== hanging).toSorted());
    expect(looked.problems).toEqual([expect.objectContaining({code: 'PART_HANGS', exit: 4})]);
    expect(openLedger(directory).open(R).state.attempts.get('one')?.[0]?.outcome?.state).toBe('succeeded');
    finish('two');
    const last = await look({until: world.now + 60_000}, parts, apart);
    expect(last.sealed).toMatchObject([{run: R, state: 'succeeded'}]);
    const {read} = openPartNotes(openLedger(directory).layout.cache);
    expect(read(hanging)).toMatchObject({end: 'hung', since: expect.any(Number)});
  });
});

test('since when something has not come to its end is kept until it has', async () => {
  const {read} = openPartNotes(openLedger(directory).layout.cache);
  const began = world.now;
  const ending = (end?: KindEnd) => look({until: world.now + 60_000}, [noted('watches')], end && (async () => end));
  await ending({is: 'hung', seconds: 10});
  world.now += 5000;
  await ending({is: 'failed', why: 'EIO'});
  expect(read('watches')).toEqual({at: began + 5000, end: 'failed', since: began});
  await ending();
  expect(read('watches')).toEqual({at: began + 5000, end: 'done'});
});

test('a look that a person waits for leaves watches and housekeeping to a monitor', async () => {
  await look(
    {},
    KINDS.map((kind) => noted(kind)),
  );
  expect(ran).toEqual([]);
});

test('what is not due starts no process', async () => {
  const parts = KINDS.map((kind) => noted(kind, {isDue: () => false}));
  await look({until: world.now + 1000}, parts, () => Promise.reject(new Error('was started')));
});

test('a look whose time is over leaves the rest, and the next one comes soon and does it', async () => {
  const left = await look({until: world.now, withoutChain: false}, []);
  expect([left.done, world.scheduler.submitted('one.1.job')]).toEqual([[], []]);
  expect(left.nextAt).toBe(world.now + world.context().settings.bounds.minMs);
  await look({until: world.now + 1000}, []);
  expect(world.scheduler.submitted('one.1.job')).toHaveLength(1);
});

test.each([
  [{is: 'hung'}, {is: 'hung', seconds: 5}],
  [{is: 'ended', exitCode: 0, stdout: '{"kind":"watches","end":"left"}', stderr: ''}, {is: 'left'}],
  [
    {is: 'ended', exitCode: 4, stdout: '{"error":{"what":"no room"}}', stderr: ''},
    {is: 'failed', why: 'no room'},
  ],
  [
    {is: 'ended', exitCode: 0, stdout: '', stderr: ''},
    {is: 'failed', why: 'it ended with 0'},
  ],
  [
    {is: 'ended', exitCode: undefined, stdout: '{"end"', stderr: 'a\nkilled\n'},
    {is: 'failed', why: 'killed'},
  ],
] as const)('what a process of a kind says is read: %j', (ended, end) => {
  expect(readEnd(ended, 5000)).toEqual(end);
});
