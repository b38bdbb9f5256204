import {mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {beforeEach, expect, test} from 'vitest';
import {EXIT, StageError} from '../../src/errors.ts';
import {TransferUnreachable} from '../../src/globus-errors.ts';
import {openTroubles, type ProcessOfStage, type Troubles} from '../../src/ledger/troubles.ts';
import {type Scheduler, SchedulerUnreachable} from '../../src/scheduler/scheduler.ts';
import {noteTroubles} from '../../src/wiring/noted-troubles.ts';

let cache: string;
let troubles: Troubles;
let now: number;
beforeEach(() => {
  cache = join(mkdtempSync(join(tmpdir(), 'troubles-')), 'cache');
  troubles = openTroubles(cache);
  now = 1000;
});

const process = (kind: ProcessOfStage['kind'], run?: string) =>
  noteTroubles(troubles, {kind, run, host: 'node7', job: '12.s', by: 'ada@node7:4'}, () => now);
const away = new TransferUnreachable('GET /task_list', 'the connection failed (ENETUNREACH)');

test('the last trouble of a kind of process is kept, since when it is so, and is gone when the service answers', () => {
  process('monitor').hear('Globus', away);
  now = 2000;
  process('monitor').hear('Globus', away);
  expect(troubles.read()).toEqual([
    {
      kind: 'monitor',
      run: undefined,
      service: 'Globus',
      code: 'TRANSFER_UNREACHABLE',
      exit: EXIT.unreachable,
      what: 'Globus did not answer "GET /task_list"',
      why: 'the connection failed (ENETUNREACH)',
      next: [expect.any(String)],
      since: 1000,
      at: 2000,
      host: 'node7',
      job: '12.s',
      by: 'ada@node7:4',
    },
  ]);
  process('monitor').hear('Globus');
  expect(troubles.read()).toEqual([]);
});

test('the answer to one kind of process, or of one service, says nothing of another', () => {
  process('monitor').hear('Globus', away);
  process('monitor').hear('PBS', new SchedulerUnreachable('qstat', 'no'));
  process('launcher', 'a.1').hear('Globus', away);
  process('launcher', 'b.1').hear('Globus', away);
  process('command').hear('Globus');
  process('launcher', 'b.1').hear('Globus');
  process('monitor').hear('PBS');
  expect(troubles.read().map(({kind, run, service}) => [kind, run, service])).toEqual([
    ['launcher', 'a.1', 'Globus'],
    ['monitor', undefined, 'Globus'],
  ]);
});

test('no secret is in it: neither the cause of an error, nor the words of one that stage does not know', () => {
  const secret = 'Bearer abc123';
  process('monitor').hear('Globus', new TransferUnreachable('GET /x', 'no', {cause: new Error(secret)}));
  process('tick').hear('Globus', new Error(`fetch failed with ${secret}`));
  const texts = readdirSync(cache).map((name) => readFileSync(join(cache, name), 'utf8'));
  expect(texts).toHaveLength(2);
  expect(texts.join()).not.toContain('abc123');
  for (const name of readdirSync(cache)) expect(statSync(join(cache, name)).mode & 0o077).toBe(0);
});

test('notes that are damaged, and others than ours, are not there; they do not become ever more', () => {
  process('monitor').hear('Globus', away);
  writeFileSync(join(cache, 'trouble.tick.Globus.json'), '{"kind":');
  writeFileSync(join(cache, 'rates.json'), '{}');
  expect(troubles.read()).toHaveLength(1);
  for (let run = 1; run <= 230; run++) {
    now += 1;
    process('launcher', `r.${run}`).hear('Globus', away);
  }
  expect(readdirSync(cache).length).toBeLessThan(205);
  expect(troubles.read().some(({run}) => run === 'r.230')).toBe(true);
});

test('a disk that takes nothing keeps nothing from going on', () => {
  const nowhere = noteTroubles(openTroubles('/proc/none/cache'), {kind: 'tick', host: 'h', by: 'b'}, () => now);
  nowhere.hear('Globus', away);
  nowhere.hear('Globus');
});

const answers = (answer: object): Scheduler => ({look: async () => answer}) as unknown as Scheduler; // it alone is asked

test('PBS is away when it answers about no job; a refusal is an answer', async () => {
  const {scheduler} = process('sentinel', 'a.1');
  const none = {kind: 'no-evidence', why: 'timeout'};
  await scheduler(
    answers(
      new Map([
        ['1', none],
        ['2', {kind: 'unknown', why: ''}],
      ]),
    ),
  ).look([]);
  expect(troubles.read()).toEqual([]);
  await scheduler(answers(new Map([['1', none]]))).look([]);
  expect(troubles.read()).toMatchObject([{service: 'PBS', code: 'SCHEDULER_UNREACHABLE', why: 'timeout'}]);
  const error = new StageError({code: 'SCHEDULER_REFUSED', exit: EXIT.usage, what: 'no'});
  const refusing = {submit: async () => ({kind: 'refused', error})} as unknown as Scheduler; // it alone is asked
  await scheduler(refusing).submit({} as never);
  expect(troubles.read()).toEqual([]);
});
