import {mkdtempSync} from 'node:fs';
import {join} from 'node:path';
import type {JobId} from '../../src/base/job-id.ts';
import {reconcile} from '../../src/engine/turn.ts';
import {openLedger} from '../../src/ledger/open-ledger.ts';
import {live, specOf, task, transferStep} from './a-run.ts';
import {Died, type FakeWorld, fakeWorld} from './fakes.ts';

/** When its transfer, which nothing but monitors look at, has arrived. */
const LOOKS = 2;

/**
 * A run of one transfer, from its first command to its seal, looked after by the monitor chain alone. A process that dies
 * is started again: a command by its user, a monitor by its job's script.
 *
 * @param dieAt number of the effect at which one process dies
 * @returns everything that is not as it must be: one job a link, at most two that wait (a further one stands beside a
 *   link whose answer was lost), the run sealed, and nothing left
 */
async function play(
  at: string,
  dieAt?: number,
): Promise<{readonly effects: readonly string[]; readonly wrongs: readonly string[]}> {
  const {run, number, nonce: __, format: ___, ...spec} = specOf([transferStep('stage-in')]);
  openLedger(at).createRun(number, spec, new Map());
  const world = fakeWorld(at);
  world.dieAt = dieAt;
  const wrongs: string[] = [];
  await untilAlive(world, {rebuild: true});
  for (let looks = 0; waiting(world).length > 0; looks++) {
    if (looks > 8 * LOOKS) return {effects: world.effects, wrongs: [...wrongs, 'the chain does not end']};
    if (waiting(world).length > 2) wrongs.push(`${waiting(world).length} monitors wait side by side`);
    if (looks === LOOKS)
      for (const each of world.transfers.tasks.values()) each.seen = task('succeeded', {task: each.task});
    const [next] = waiting(world).toSorted((a, b) => a.startAt - b.startAt);
    if (!next) break;
    world.now = Math.max(world.now, next.startAt);
    world.scheduler.show(next.job, live('running'));
    await untilAlive(world, {monitor: next.generation});
    world.scheduler.show(next.job, {kind: 'ended', how: 'ran', exitStatus: 0, reason: 'exit status 0', name: ''});
  }
  const links = [...world.scheduler.jobs.values()].map(({request}) => request.tag.split('.')[1]);
  if (new Set(links).size !== links.length) wrongs.push(`a link was submitted twice: ${links}`);
  if (!openLedger(at).summary(run)) wrongs.push('the run stands still');
  if (world.transfers.tasks.size !== 1) wrongs.push(`there are ${world.transfers.tasks.size} tasks`);
  return {effects: world.effects, wrongs};
}

async function untilAlive(world: FakeWorld, request: Parameters<typeof reconcile>[1]): Promise<void> {
  for (;;)
    try {
      await reconcile(world.context(), request);
      return;
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      world.dieAt = undefined;
    }
}

interface Waiting {
  readonly job: JobId;
  readonly generation: number;
  readonly startAt: number;
}

function waiting({scheduler}: FakeWorld): Waiting[] {
  return [...scheduler.jobs].flatMap(([job, {request, seen}]) =>
    seen.kind === 'live' && seen.state === 'waiting'
      ? [{job, generation: Number(request.tag.split('.')[1]), startAt: seen.startAt ?? request.startAt ?? 0}]
      : [],
  );
}

/**
 * Let a process die at every effect that concerns the chain, one at a time.
 *
 * @returns the effects of the chain, each once, and what went wrong
 */
export async function exploreMonitors(
  directory: string,
): Promise<{readonly effects: readonly string[]; readonly played: number; readonly wrongs: readonly string[]}> {
  const fresh = () => mkdtempSync(join(directory, 'monitors-'));
  const quiet = await play(fresh());
  const wrongs = [...quiet.wrongs];
  let played = 0;
  for (const [index, effect] of quiet.effects.entries()) {
    if (!effect.includes('monitor')) continue;
    if (wrongs.length > 0) break; // one says enough
    played += 1;
    const mortal = await play(fresh(), index + 1);
    wrongs.push(...mortal.wrongs.map((wrong) => `died at ${effect}, effect ${index + 1}: ${wrong}`));
  }
  return {effects: [...new Set(quiet.effects.filter((effect) => effect.includes('monitor')))], played, wrongs};
}
