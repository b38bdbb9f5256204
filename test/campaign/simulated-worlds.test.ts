import {expect, test} from 'vitest';
import {type Fault, playWorld} from './world.ts';

/** How many are played; `npm run simulate -- campaign` plays ten thousand. */
const WORLDS = 300;

test('in no world does an item run twice, get lost, or exceed a bound', async () => {
  const wrong: string[] = [];
  const happened = new Map<string, number>();
  const count = (what: string, times = 1) => happened.set(what, (happened.get(what) ?? 0) + times);
  for (let seed = 1; seed <= WORLDS && wrong.length === 0; seed++) {
    const played = await playWorld(seed);
    for (const {changes} of played.entries) for (const {is} of changes) count(is);
    for (const [what, times] of Object.entries(played.counts)) count(what, times);
    wrong.push(...played.wrong.map((what) => `seed ${seed}: ${what}`));
  }
  expect(wrong).toEqual([]);
  // Worlds in which nothing of the kind happens would show nothing.
  for (const what of ['admitted', 'ended', 'retried', 'reopened', 'paused', 'cancelled', 'died', 'pruned', 'lost'])
    expect(happened.get(what), what).toBeGreaterThan(WORLDS / 5);
});

const FAULTS: Readonly<Record<string, Fault>> = {
  'an entry that is there is written over': (log, runs, world) => ({
    runs,
    log: {
      ...log,
      async append(position, entry) {
        if (await log.append(position, entry)) return true;
        world.append(entry);
        return true;
      },
    },
  }),
  'a run that cannot be seen is made again': (log, runs, world) => ({
    log,
    runs: {
      ...runs,
      async publish(item) {
        const isThere = world.runs.get(`${item.number}.${item.try}`)?.gone === false;
        await runs.publish(item);
        if (!isThere && world.runs.get(`${item.number}.${item.try}`)?.gone) world.publish(item);
      },
    },
  }),
  'what is prepared is removed too early': (log, runs, world) => ({
    log,
    runs: {
      ...runs,
      async prepared() {
        for (const name of await runs.prepared()) if (world.chance.once(3)) await runs.discard(name);
        return runs.prepared();
      },
    },
  }),
  'the end of a run that was resumed since is taken for its last': (log, runs) => ({
    log,
    runs: {
      ...runs,
      async look(state) {
        const {ends, begun} = await runs.look(state);
        return {begun, ends: ends.map((end) => ({...end, seal: state.active.get(end.number)?.seal ?? 0}))};
      },
    },
  }),
  'what has not begun is taken for begun': (log, runs) => ({
    log,
    runs: {
      ...runs,
      async look(state) {
        const {ends} = await runs.look(state);
        return {ends, begun: new Set(state.active.keys())};
      },
    },
  }),
  'what was admitted and not published is never looked for': (log, runs) => ({
    log,
    runs: {...runs, prepared: async () => []},
  }),
};

test.each(Object.entries(FAULTS))('a planted fault is found: %s', async (_, fault) => {
  let found = 0;
  for (let seed = 1; seed <= WORLDS && found === 0; seed++) found += (await playWorld(seed, fault)).wrong.length;
  expect(found).toBeGreaterThan(0);
});
