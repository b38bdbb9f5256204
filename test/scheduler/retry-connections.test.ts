import {expect, test} from 'vitest';
import {createRunCommand, type RunOptions} from '../../src/process/run-command.ts';
import {retryingConnections} from '../../src/scheduler/pbs/retry-connections.ts';
import {submissionDeadlineMs} from '../../src/submission/deadline.ts';
import {answer} from './recorded.ts';

const DOWN = answer({exitCode: 162, stderr: 'qsub: cannot connect to server pbs-sn1 (errno=15010)\n'});
const REPEAT = {retries: 2, minTimeout: 1, factor: 1};
const asleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** A qsub that needs so long to find no server. @returns how often it was asked, and with which timeouts */
async function tries(answersAfterMs: number, timeoutMs: number, options?: RunOptions) {
  const timeouts: number[] = [];
  const began = performance.now();
  const told = await retryingConnections(
    async (_, __, given) => {
      timeouts.push(given?.timeoutMs ?? Number.NaN);
      await asleep(answersAfterMs);
      return DOWN;
    },
    {timeoutMs, repeat: REPEAT},
  )('qsub', ['job.sh'], options);
  expect(told).toBe(DOWN);
  return {timeouts, tookMs: performance.now() - began};
}

test('a server that says at once that it is not there is asked three times, each within what is left', async () => {
  const {timeouts} = await tries(0, 5_000);
  expect(timeouts).toHaveLength(3);
  expect(timeouts[0]).toBe(5_000);
  for (const one of timeouts.slice(1)) expect([one > 2_500, one <= 5_000]).toEqual([true, true]);
});

test('no try is begun when more than half of the time is over', async () => {
  expect((await tries(600, 1_000)).timeouts).toEqual([1_000]);
  const two = await tries(300, 1_000);
  expect(two.timeouts).toHaveLength(2);
  expect(two.timeouts[1]).toBeLessThanOrEqual(701);
});

test("a command's own timeout counts for all its tries, too", async () => {
  expect((await tries(60, 60_000, {timeoutMs: 100})).timeouts).toEqual([100]);
});

test('all tries of a qsub that finds no server, and then none that answers, end before its deadline', async () => {
  const timeoutMs = 4_000; // a machine so busy that the first try takes half of it begins no second one
  let asked = 0;
  const run = createRunCommand();
  // The last one does not answer, heeds no signal but KILL, and leaves somebody who holds its output open.
  const words = [`sleep 0.2; echo '${DOWN.stderr}' >&2; exit 162`, "trap '' TERM; sleep 20 & sleep 20; sleep 20"];
  const patient = retryingConnections(
    (_, __, options) => run('sh', ['-c', words[Math.min(asked++, 1)] ?? ''], options),
    {
      timeoutMs,
      repeat: REPEAT,
    },
  );
  const began = performance.now();
  expect(await patient('qsub', ['job.sh'])).toMatchObject({timedOut: true});
  expect(asked).toBe(2);
  expect(performance.now() - began).toBeLessThan(submissionDeadlineMs(timeoutMs));
});
