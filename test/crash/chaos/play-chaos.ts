import {existsSync, readdirSync, rmSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {EXIT} from '../../../src/errors.ts';
import type {Person} from '../../support/person.ts';
import {aScenario, type Scenario, sealOf} from '../../support/scenarios.ts';
import {type Wrong, wrongsOf} from '../../support/verify.ts';
import {localWorld, type World, waitingIn} from '../../support/world.ts';
import {type ChaosPlan, chaosPlan} from './chaos-plan.ts';
import {wrongClaims} from './claims.ts';
import {type DiskTroubles, diskTroubles} from './disk-troubles.ts';
import {aGraphRun, type GraphRun} from './graph-run.ts';
import {thaw} from './processes.ts';
import {mountSmallDisk} from './small-disk.ts';
import {bring} from './trouble.ts';
import {waitFor} from './wait-limit.ts';

export interface Played {
  readonly seed: number;
  readonly runs: number;
  readonly deaths: number;
  readonly wrongs: readonly Wrong[];
  /** why no small disk could be mounted */
  readonly skipped?: string | undefined;
  /** where its files are, when they were kept */
  readonly kept?: string;
}

/** since something has happened in a world (wait-limit.ts) */
const END_SECONDS = 75;
/** where no command comes, the slow end of monitors and what a lost submission waits for add up */
const SILENT_END_SECONDS = 150;
const endSeconds = ({silent}: ChaosPlan) => (silent ? SILENT_END_SECONDS : END_SECONDS);
/** longer than processes stand still, and than an outage lasts */
const PERSON_SECONDS = 90;

/** Play one seed in a world of its own: troubles, then calm, then one command for each run, as a person would give it. */
export async function playChaos(seed: number, keep: boolean): Promise<Played> {
  const plan = chaosPlan(seed);
  const world = await localWorld({mortal: true});
  let wrongs: Wrong[] = [];
  let deaths = 0;
  const mounted = plan.smallDisk ? mountSmallDisk(`${world.root}.disk`, world.state) : undefined;
  const disk = typeof mounted === 'string' ? undefined : mounted;
  try {
    await world.collection('shut');
    await world.stage('local', 'pause', 'shut');
    const scenarios = plan.runs.map((kind, index) => aScenario(world, kind, `${kind}-${index}`));
    const graphs = plan.graphs.map((graph) => aGraphRun(world, graph));
    deaths = await storm({world, plan, scenarios, graphs, disk: disk && diskTroubles(disk)});
    wrongs = await ends(world, plan, scenarios, graphs);
  } catch (error) {
    wrongs = [...wrongs, {kind: 'stuck', what: error instanceof Error ? error.message : String(error)}];
  }
  const kept = keep && wrongs.length > 0;
  thaw(world.root);
  await world.close(true);
  if (kept) disk?.keep();
  else {
    disk?.unmount();
    rmSync(world.root, {recursive: true, force: true, maxRetries: 5, retryDelay: 100});
    rmSync(`${world.root}.disk`, {force: true});
  }
  const skipped = typeof mounted === 'string' ? mounted : undefined;
  return {
    seed,
    runs: plan.runs.length + plan.graphs.length,
    deaths,
    wrongs,
    skipped,
    ...(kept ? {kept: world.root} : {}),
  };
}

interface Storm {
  readonly world: World;
  readonly plan: ChaosPlan;
  readonly scenarios: readonly Scenario[];
  readonly graphs: readonly GraphRun[];
  readonly disk: DiskTroubles | undefined;
}

/** @returns how many processes died at a boundary */
async function storm({world, plan, scenarios, graphs, disk}: Storm): Promise<number> {
  const start = Date.now();
  const person = inChaos(world, plan.silent ? [] : scenarios);
  const played = [...scenarios, ...graphs].map((each) => each.play(person));
  const brought = plan.troubles.map(async ({atMs, trouble}) => {
    await pause(Math.max(0, start + atMs - Date.now()));
    await bring(world, scenarios, trouble, disk);
  });
  const calm = async () => {
    await Promise.all([pause(plan.calmAtMs), ...brought]);
    const unmet = world.points.calm();
    disk?.calm();
    for (const end of [['up'], ['outage', 'end'], ['renew']]) await world.stage('local', ...end);
    return unmet;
  };
  const [unmet] = await Promise.all([calm(), ...played]);
  const set = new Set(plan.troubles.flatMap(({trouble}) => (trouble.do === 'death' ? [trouble.pick] : []))).size;
  return Math.max(0, set - unmet);
}

const NOT_NOW: readonly number[] = [-1, EXIT.actionNeeded, EXIT.unreachable];

/** Repeats what was killed, and what PBS or Globus could not take at the moment or while a credential had expired. */
function inChaos(world: World, scenarios: readonly Scenario[]): Person {
  const fail = (why: string) => () => {
    throw new Error(why);
  };
  return {
    world,
    says(...argv) {
      const take = async () => {
        const ran = await world.stage(...argv);
        return NOT_NOW.includes(ran.exitCode) ? undefined : ran;
      };
      return waitFor(take, {seconds: PERSON_SECONDS, otherwise: fail(`"stage ${argv.join(' ')}" was never taken`)});
    },
    waits(what, condition) {
      let tries = 0;
      const look = async () => {
        const value = await condition();
        if (value !== undefined && value !== false) return value;
        // Nobody else may be left to look.
        if (tries++ % 10 === 9) for (const {file} of scenarios) await world.stage('run', file);
        return undefined;
      };
      return waitFor(look, {
        seconds: PERSON_SECONDS,
        progress: () => newsOf(world),
        otherwise: fail(`waited too long for: ${what}`),
      });
    },
  };
}

/** Another value whenever something has happened in the runs of a world: facts, and what scripts wrote. */
function newsOf({state, work}: World): string {
  const runs = namesIn(join(state, 'runs'));
  const facts = runs.map((run) => namesIn(join(state, 'runs', run, 'facts')).length);
  const written = namesIn(work).map((name) => statSync(join(work, name)).size);
  return JSON.stringify([facts, namesIn(join(state, 'sealed')), written]);
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

async function ends(
  world: World,
  plan: ChaosPlan,
  scenarios: readonly Scenario[],
  graphs: readonly GraphRun[],
): Promise<Wrong[]> {
  if (!plan.silent) {
    // A command for a run brings back what was deleted in it by hand.
    const others = graphs.filter(({graph}) => graph.person !== 'delete');
    for (const {file} of [...scenarios, ...others]) await world.stage('run', file);
  }
  const wrongs: Wrong[] = [];
  for (const graph of graphs) wrongs.push(...(await endOfGraph(world, plan, graph)));
  for (const scenario of scenarios) wrongs.push(...(await end(world, plan, scenario)));
  const queue = async () => waitingIn(await world.jobs());
  const left = await waitFor(async () => ((await queue()).length === 0 ? [] : undefined), {
    seconds: 30,
    otherwise: queue,
  });
  return [...wrongs, ...left.map((what): Wrong => ({kind: 'stuck', what: `left in the queue: ${what}`}))];
}

/** Processes of jobs may have been killed, so that scripts ran more often, or failed. */
function mayInterrupt({troubles, smallDisk}: ChaosPlan): boolean {
  const those = ['wipe', 'kill', 'double', 'kill-one', ...(smallDisk ? ['disk'] : [])];
  return troubles.some(({trouble}) => those.includes(trouble.do));
}

/** The marker of an end may be missing where a wrapper was killed, or its disk took nothing. */
function mayLoseAttempts({troubles}: ChaosPlan): boolean {
  return troubles.some(({trouble}) => trouble.do === 'kill-one' || trouble.do === 'disk');
}

/** A run of a random graph ends by what is under way; what was killed on the way may have failed. */
async function endOfGraph(world: World, plan: ChaosPlan, graph: GraphRun): Promise<Wrong[]> {
  const seal = graph.run;
  const within = (seconds: number, isOver: () => unknown) =>
    waitFor(() => isOver() || undefined, {seconds, progress: () => newsOf(world), otherwise: () => undefined});
  await within(endSeconds(plan), () => sealOf(world, seal) ?? graph.waitsForWord());
  // A job that was deleted before it began comes back at a person's word alone. This one ends its run.
  if (!sealOf(world, seal) && graph.waitsForWord()) {
    await world.stage('cancel', seal, '--no-cleanup');
    await within(END_SECONDS, () => sealOf(world, seal));
  }
  const wrongs = () => graph.wrongs(seal, {interrupted: mayInterrupt(plan), resumed: resumesAll(plan)});
  return waitFor(async () => ((await wrongs()).length === 0 ? [] : undefined), {seconds: 10, otherwise: wrongs});
}

/** A command may have resumed what had failed. */
function resumesAll({troubles}: ChaosPlan): boolean {
  return troubles.some(
    ({trouble}) =>
      trouble.do === 'commands' && trouble.commands.some((one) => 'argv' in one && one.argv[0] === 'resume'),
  );
}

async function end(world: World, plan: ChaosPlan, scenario: Scenario): Promise<Wrong[]> {
  let {seal} = scenario;
  const found: Wrong[] = [];
  for (let again = 1; ; again++) {
    const sealed = await waitFor(() => sealOf(world, seal), {
      seconds: endSeconds(plan),
      progress: () => newsOf(world),
      otherwise: () => undefined,
    });
    if (!sealed || sealed.state === scenario.end || again > 3) break;
    // Killed while it ran, by a wipe or with the stand-ins: that is a failure which a person takes up.
    const told = world.facts(scenario.run).some((fact) => /\.term\.\d+\.json$/.test(fact));
    if (!told && !mayLoseAttempts(plan))
      found.push({kind: 'loss', what: `${scenario.run} was concluded as ${sealed.state}: ${sealed.why}`});
    await world.stage('resume', scenario.name);
    seal = `${scenario.run}~${Number(/~(\d+)$/.exec(seal)?.[1] ?? 0) + 1}`;
  }
  const circumstances = {interrupted: mayInterrupt(plan), resumed: seal !== scenario.seal};
  const wrongs = () => wrongsOf(world, {...scenario, seal}, circumstances);
  const settled = await waitFor(
    async () => ((await wrongs()).some(({what}) => what.startsWith('left in')) ? undefined : wrongs()),
    {seconds: 20, otherwise: wrongs},
  );
  return [...found, ...settled, ...wrongClaims(world, scenario)];
}
