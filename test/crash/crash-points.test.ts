import {afterAll, describe, expect, test, vi} from 'vitest';
import {aPerson} from '../support/person.ts';
import {aScenario, KINDS, type KindName, type Scenario, sealOf} from '../support/scenarios.ts';
import {wrongsOf} from '../support/verify.ts';
import {localWorld, type World, waitingIn} from '../support/world.ts';
import {singleJobPlay} from './single-job.ts';

// Real processes: processes are killed, those in jobs, too.

/**
 * A death at every effect boundary that a whole run reaches, then the run is made so once more.
 *
 * The boundaries are those that a recording of each kind of run reached. CI takes one of each kind of boundary, the
 * side after the effect: what stands before an effect is what stands after the one before it. `npm run test:crash`
 * takes all of them, of all kinds of runs; STAGE_TEST_CRASH=held,single-job those of these kinds.
 */
const ASKED = process.env.STAGE_TEST_CRASH;
const EVERY = Object.keys(KINDS) as KindName[]; // its own keys
const isTaken = (kind: KindName | 'single-job') => !ASKED || ASKED === 'all' || ASKED.split(',').includes(kind);
const KINDS_TAKEN = EVERY.filter(isTaken);
const SECONDS = ASKED ? 240 : 90;

// Each run mostly waits: for its transfers, and for the deadline after which a lost submission is looked for.
vi.setConfig({maxConcurrency: 16, testTimeout: (SECONDS + 150) * 1000});

const world = await localWorld({mortal: true});
const points = await recorded().catch(async (error) => {
  await world.close();
  throw error;
});
const chain = watchChain(world);
afterAll(async () => {
  chain.end();
  await world.close();
});

interface Point {
  readonly kind: KindName | 'single-job';
  readonly point: string;
}

/** Play each kind of run once, and note the points that were reached for it. */
async function recorded(): Promise<Point[]> {
  await world.collection('shut');
  await world.stage('local', 'pause', 'shut');
  world.points.record();
  await Promise.all([
    ...KINDS_TAKEN.map((kind) => played(aScenario(world, kind, `seen-${kind}`), () => 0)),
    ...(isTaken('single-job') ? [(await singleJobPlay(world, 'seen-single-job')).endsWell()] : []),
  ]);
  const seen = world.points.seen();
  const reached = ([...KINDS_TAKEN, 'single-job'] as const).flatMap((kind) =>
    seen.flatMap((line): Point[] => {
      const suffix = ` of seen-${kind}.1`;
      return line.endsWith(suffix) ? [{kind, point: line.slice(0, -suffix.length)}] : [];
    }),
  );
  // What belongs to no run, such as the monitor chain.
  const common =
    KINDS_TAKEN.length === 0 ? [] : seen.filter((line) => !/ of \S+$/.test(line) && !line.endsWith(' unknown'));
  return taken([...reached, ...common.map((point): Point => ({kind: 'classic', point}))]);
}

function taken(all: readonly Point[]): Point[] {
  if (ASKED) return [...all];
  const groups = new Map<string, Point[]>();
  for (const each of all) {
    // What only a race reaches is no use to wait for.
    if (!each.point.startsWith('after ') || /\.(absent|start\.1)$/.test(each.point)) continue;
    const boundary = each.point.replace(/ [^ .]+\.\d+(\.(job|launcher|sentinel|wait)\b)?/, '');
    groups.set(boundary, [...(groups.get(boundary) ?? []), each]);
  }
  // Another kind of run, step and role for each, so far as there are some.
  return [...groups.values()].flatMap((group, index) => group[(index * 7) % group.length] ?? []);
}

async function played(scenario: Scenario, deaths: () => number): Promise<void> {
  const person = aPerson(world, {again: ['run', scenario.file], deaths, seconds: SECONDS});
  await scenario.play(person);
  await person.waits(`the end of ${scenario.run}`, () => sealOf(world, scenario.seal));
  await person.waits(
    `nothing of ${scenario.run} in the queue`,
    async () => waitingIn(await world.jobsOf(scenario.run)).length === 0,
  );
  const wrongs = await wrongsOf(world, scenario);
  expect(wrongs.map(({kind, what}) => `${kind}: ${what}`)).toEqual([]);
}

/** The longest that any monitor job has been waiting beside a later one. Another pair at each death is no doubled chain. */
function watchChain(of: World) {
  let since = new Map<string, number>();
  let longestMs = 0;
  let asking = false;
  const timer = setInterval(async () => {
    if (asking) return;
    asking = true;
    const jobs = await of.jobs().catch(() => []);
    asking = false;
    const waiting = jobs.filter((job) => job.Job_Name === 'stage-monitor' && ['W', 'Q', 'H'].includes(job.job_state));
    const ids = waiting.map(({id}) => id).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    since = new Map(ids.slice(0, -1).map((id) => [id, since.get(id) ?? Date.now()]));
    for (const at of since.values()) longestMs = Math.max(longestMs, Date.now() - at);
  }, 1000);
  return {longestMs: () => longestMs, end: () => clearInterval(timer)};
}

let died = 0;
describe.concurrent('killed at an effect boundary and run again, everything happens once and nothing is left', () => {
  test.each(points.map(({kind, point}, index) => [kind, point, index] as const))(
    '%s, %s',
    async (kind, point, index) => {
      if (kind === 'single-job') {
        const job = await singleJobPlay(world, `single-${index}`);
        const mark = `${point} of ${job.run}`;
        world.points.set(mark);
        // On a loaded machine PBS may not answer, and a point is reached by a repetition.
        for (let tries = 0; world.points.stands(mark) && tries < 10; tries++) await job.submit();
        expect(world.points.stands(mark)).toBe(false);
        died += 1;
        return job.endsWell();
      }
      const scenario = aScenario(world, kind, `${kind}-${index}`);
      const common = / (monitor\S*|submission_id)$/.test(point);
      const mark = common ? point : `${point} of ${scenario.run}`;
      world.points.set(mark);
      await played(scenario, () => (world.points.stands(mark) ? 0 : 1));
      if (!world.points.stands(mark)) died += 1;
    },
  );
});

test('among these boundaries are all of a submission, be it of a step, of a monitor or of a single job', () => {
  const after = (...effects: string[]) => effects.map((effect) => `after ${effect}`);
  const reached = points.map(({point}) => point);
  if (isTaken('single-job'))
    expect(reached).toEqual(
      expect.arrayContaining(
        after('fact job.intent', 'qsub job', 'fact job.index', 'fact job.confirmed', 'fact job.checked'),
      ),
    );
  if (isTaken('classic')) {
    expect(reached).toEqual(
      expect.arrayContaining(after('fact monitor.intent', 'qsub monitor', 'fact monitor.confirmed')),
    );
    const role = '\\S+\\.\\d+\\.(job|launcher|sentinel|wait)\\S*';
    for (const part of [`fact ${role}\\.intent`, `qsub ${role}`, `fact ${role}\\.confirmed`].map(
      (text) => new RegExp(`^after ${text}$`),
    ))
      expect(reached.filter((point) => part.test(point))).not.toEqual([]);
  }
});

test('most of these deaths happened: a look that comes earlier or later passes some points by', () => {
  expect(points.length).toBeGreaterThan(KINDS_TAKEN.length === 0 ? 4 : 30);
  expect(died / points.length).toBeGreaterThan(0.6);
});

test('in the end no job is left, and never did two monitors wait side by side for long', async () => {
  await world.waitFor('an empty queue', async () => waitingIn(await world.jobs()).length === 0, {seconds: 60});
  expect(chain.longestMs()).toBeLessThan(30_000);
});
