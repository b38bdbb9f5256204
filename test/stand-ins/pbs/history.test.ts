import {afterEach, expect, test} from 'vitest';
import {DAY_MS, whereADayLasts} from '../../../src/stand-ins/day.ts';
import {openWorld, type World} from './support/world.ts';

// Real processes: jobs run and are purged while their commands ask.

let world: World;
afterEach(() => world.close());

const begin = async (dayMs: number): Promise<void> => {
  world = await openWorld({lasts: whereADayLasts(dayMs)});
  world.script('ok.sh', '#!/bin/bash\nexit 0\n');
};

const keep = async (duration: string): Promise<void> => {
  const asked = await world.sh(`qmgr -c "set server job_history_duration = ${duration}"`, {
    env: {STAGE_LOCAL_USER: 'root'},
  });
  expect(asked).toMatchObject({rc: 0, err: ''});
};

test('a finished job is forgotten when its time in the history is over; one that still waits is not', async () => {
  await begin(1000);
  await keep('48:00:00');
  const held = await world.qsub('-h ok.sh');
  const id = await world.qsub('ok.sh');
  await world.finished(id);
  await world.until('it is forgotten', async () => (await world.sh(`qstat -x ${id}`)).err.includes('Unknown Job Id'));
  expect(await world.state(held)).toBe('H');
});

test('the history is swept every two minutes: fifteen seconds after five seconds of history a job is still there', async () => {
  await begin(DAY_MS / 20);
  await keep('00:00:05');
  const id = await world.qsub('ok.sh');
  await world.finished(id);
  const shown = (seconds: number) =>
    new Promise((done) => setTimeout(done, (seconds * 1000) / 20)).then(() => world.job(id));
  expect(await shown(15)).toMatchObject({job_state: 'F'});
  await world.until('it is swept', async () => (await world.job(id)) === undefined);
});
