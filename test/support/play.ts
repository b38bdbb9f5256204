import fc from 'fast-check';
import {reopening, resumeDecision} from '../../src/app/runs/run/reopen.ts';
import type {Reconciled} from '../../src/engine/turn.ts';
import {endOf, putAside, workingAttempt} from '../../src/ledger/attempts.ts';
import {cancelName, hasBegun} from '../../src/ledger/run-facts.ts';
import {withAlways} from '../../src/workflow/model/always.ts';
import {besideStretch, stretchOf} from '../../src/workflow/model/rounds.ts';
import {isCleanup} from '../../src/workflow/model/steps.ts';
import type {JobStep, Step, TransferStep} from '../../src/workflow/model/workflow.ts';
import {jobStep, transferStep} from './a-run.ts';
import {chanceOf} from './chance.ts';
import {type End, endOfRun, judgeEnds, type Script, unitsOf} from './model.ts';
import type {SimulatedJob} from './simulated-pbs.ts';
import {Simulation} from './simulation.ts';

/** What may go wrong, or be asked for, while a run is under way. */
export const TROUBLES = [
  'deaths',
  'staging jobs die',
  'wipes',
  'forgotten history',
  'outages',
  'refusals and lost answers',
  'deleted by hand',
  'no monitor taken',
  'narrow queue',
  'unknown limit of the queue',
  'two at once',
  'held and released',
  'released by hand',
  'held by hand',
  'cancelled',
  'updated',
  'resumed',
  'ends seen late',
] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface Scenario {
  readonly steps: readonly Step[];
  readonly script: Script;
  readonly troubles: readonly Trouble[];
  readonly seed: number;
}

const TROUBLED_ROUNDS = 12;
const ROUNDS = 250;
/** the steps of a monitor's process until then: three effects, each with a before and an after */
const SUCCESSOR_ON_RECORD = 6;

/**
 * Play a run from nothing to its seal, troubles first, and judge it by the model.
 *
 * Without troubles, and when staging jobs die, nobody looks but the jobs that stage itself submitted: the run must come
 * to its end by those alone. When PBS takes no monitors, a person looks again only after a command that died, or said
 * that no monitor is in the queue.
 *
 * @returns what was wrong; nothing when all is as it must be
 */
export async function play(
  scenario: Scenario,
  onLook?: (looked: Reconciled) => void,
): Promise<{wrong: string[]; simulation: Simulation}> {
  const simulation = new Simulation(scenario.steps, scenario.script, scenario.seed, onLook);
  await playEpoch(simulation, scenario, scenario.troubles);
  if (simulation.broken.length === 0 && simulation.sealed && scenario.troubles.includes('resumed')) {
    simulation.now += 300_000;
    const again = resume(simulation);
    if (again) await playEpoch(simulation, scenario, [], again);
  }
  return {wrong: simulation.broken, simulation};
}

async function playEpoch(
  world: Simulation,
  {steps}: Scenario,
  troubles: readonly Trouble[],
  again: readonly string[] = steps.map(({name}) => name),
): Promise<void> {
  const {chance, broken} = world;
  const begun = new Map([...world.results].map(([unit, {count}]) => [unit, count]));
  const before = new Set(world.executed);
  const has = (trouble: Trouble) => troubles.includes(trouble);
  const diesIn = () => (has('deaths') && chance.once(2) ? chance.below(40) : Number.POSITIVE_INFINITY);
  const attended = !['', 'staging jobs die', 'no monitor taken', 'narrow queue', 'unknown limit of the queue'].includes(
    troubles.join(),
  );
  world.quiet = troubles.length === 0;
  const helperDiesIn = (job: SimulatedJob) => {
    if (!has('staging jobs die') || !chance.once(2)) return diesIn();
    // Where nobody looks, a monitor lives until its successor is on record: before that, its chain would be broken for good.
    return chance.below(40) + (world.isMonitor(job) && !attended ? SUCCESSOR_ON_RECORD : 0);
  };
  if (has('no monitor taken')) takeNoMonitors(world);
  const unknownLimit = has('unknown limit of the queue') ? 3 + chance.below(5) : Number.POSITIVE_INFINITY;
  world.maxQueued = has('narrow queue') ? 1 + chance.below(8) : Number.POSITIVE_INFINITY;
  world.pbs.limit = Math.min(unknownLimit, Math.max(4, world.maxQueued));
  // Without troubles the command that starts the run is not killed, and nobody looks after it.
  let told = isTold(await world.look({rebuild: true}, diesIn()));
  for (let round = 0; round < ROUNDS && !world.sealed && broken.length === 0; round++) {
    const troubled = round < TROUBLED_ROUNDS;
    world.now += chance.below(chance.once(3) ? 40 : 3) * 60_000;
    if (troubled) trouble(world, has);
    else await calm(world);
    for (let events = chance.below(4); events > 0; events--) world.happen();
    await helpers(world, troubled ? helperDiesIn : () => Number.POSITIVE_INFINITY, has('two at once'));
    if (!attended && told && chance.once(3)) told = isTold(await world.look({rebuild: chance.once(2)}));
    if (attended && chance.once(3))
      await looks(world, troubled ? diesIn() : Number.POSITIVE_INFINITY, has('two at once'));
  }
  world.pbs.down = false;
  world.globus.down = false;
  world.ledger.endsOnTheirWay = undefined;
  world.pbs.next = undefined;
  world.pbs.monitors = undefined;
  if (broken.length > 0) return;
  if (!world.sealed) {
    broken.push('the run did not end');
    return;
  }
  const sealedAs = world.ledger.summary(world.run)?.state;
  for (let events = 0; events < 10; events++) {
    world.happen();
    await helpers(world, () => Number.POSITIVE_INFINITY, false);
  }
  judge(world, steps, again, begun, before, sealedAs);
}

/** A command died, or said that nothing continues by itself: somebody calls stage again. */
function isTold(looked: Reconciled | undefined): boolean {
  return looked === undefined || looked.gap !== undefined;
}

/** For a time that is shorter than a process may stay. */
function takeNoMonitors(world: Simulation): void {
  const {chance, pbs} = world;
  pbs.monitors = chance.pick([undefined, 'limit', 'limit', 'lost-answer', 'timeout'] as const);
  let pauses = 0;
  world.whileStaying = () => {
    if (++pauses > 4 || chance.once(3)) pbs.monitors = undefined;
  };
}

function trouble(world: Simulation, has: (trouble: Trouble) => boolean): void {
  const {chance, pbs, globus, ledger} = world;
  if (has('wipes') && chance.once(12)) world.wipe();
  if (has('forgotten history') && chance.once(2)) pbs.forget();
  if (has('outages')) {
    pbs.down = chance.once(3);
    globus.down = chance.once(3);
  }
  if (has('ends seen late')) {
    // PBS would tell of an end whose marker is still on its way.
    pbs.down = chance.once(2);
    ledger.endsOnTheirWay = pbs.down ? chance.pick(world.steps)?.name : undefined;
  }
  if (has('refusals and lost answers')) pbs.next = chance.pick([undefined, 'limit', 'lost-answer', 'timeout'] as const);
  if (has('deleted by hand') && chance.once(4)) world.deleteByHand();
  if (has('no monitor taken')) takeNoMonitors(world);
  if (has('held and released') && chance.once(3) && !world.sealed) {
    const {holds} = world.state;
    const open = holds.find(({endedAt}) => endedAt === undefined);
    const steps = chance.once(2) ? {} : {steps: [chance.pick(world.steps)?.name ?? '']};
    if (open) ledger.create(world.run, `decision.release-${open.number}`, {at: world.now});
    else ledger.create(world.run, `decision.hold-${holds.length + 1}`, {at: world.now, by: 'ann', ...steps});
  }
  if (has('released by hand') && chance.once(2)) world.releaseByHand();
  if (has('held by hand') && chance.once(3)) world.holdByHand();
  if (has('held by hand') && chance.once(5)) world.endHoldsByHand();
  if (has('updated') && chance.once(4) && !world.sealed) update(world);
  if (has('cancelled') && chance.once(8) && !world.sealed)
    ledger.create(world.run, cancelName(world.state.resumes.length), {
      at: world.now,
      by: 'ann',
      cleanup: chance.once(2),
    });
}

async function calm(world: Simulation): Promise<void> {
  world.pbs.down = false;
  world.globus.down = false;
  world.ledger.endsOnTheirWay = undefined;
  world.pbs.next = undefined;
  world.pbs.monitors = undefined;
  world.endHoldsByHand();
  const held = world.state.holds.filter(({endedAt}) => endedAt === undefined);
  for (const hold of held) world.ledger.create(world.run, `decision.release-${hold.number}`, {at: world.now});
  if (held.length > 0) await world.look(); // as `stage release` does
}

async function helpers(world: Simulation, diesIn: (job: SimulatedJob) => number, atOnce: boolean): Promise<void> {
  const ready = world.readyHelpers();
  if (atOnce) await Promise.all(ready.map((job) => world.help(job, diesIn(job))));
  else for (const job of ready) await world.help(job, diesIn(job));
}

/** A person, or two, ask for the run. */
async function looks(world: Simulation, diesIn: number, atOnce: boolean): Promise<void> {
  const first = world.look({rebuild: true}, diesIn);
  if (!atOnce) await first;
  else await Promise.all([first, world.look({rebuild: world.chance.once(2)}), world.look()]);
}

/** As `stage run --update` does, with another environment of a step that has not begun. */
function update(world: Simulation): void {
  const run = world.ledger.open(world.run);
  const name = world.chance.pick(world.steps)?.name ?? '';
  const attempt = workingAttempt(run.state, name);
  if (endOf(run.state, name) || attempt.transfer || hasBegun(attempt)) return;
  const {workflow, fingerprint, scriptHashes} = run.state.spec;
  const count = run.state.updates.length + 1;
  const steps = workflow.steps.map((step) =>
    step.name === name && step.kind === 'job' ? {...step, env: {VERSION: String(count)}} : step,
  );
  world.say(`updated: ${name}`);
  if (unitsOf(world.stepNamed(name)).length > 1) world.changedIn.set(name, attempt.number);
  const decision = {workflow: {...workflow, steps}, fingerprint: `${fingerprint}${count}`, scriptHashes, scripts: {}};
  world.ledger.update(run, {...decision, at: world.now, by: 'ann', changed: [name], removed: [], steps: {}}, new Map());
}

/** As `stage resume` does. @returns the steps that are tried again */
function resume(world: Simulation): string[] | undefined {
  const run = world.ledger.open(world.run);
  const opened = reopening(run.state, [], true);
  if (!opened) return undefined;
  world.say(`resumed: ${Object.keys(opened.steps).join(', ')}`);
  world.ledger.resume(run, resumeDecision(opened, {at: world.now, by: 'ann'}));
  for (const name of Object.keys(opened.steps)) {
    world.interrupted.delete(name);
    const step = world.stepNamed(name);
    // A cleanup that ran is made ready for another failure, or runs again at the end.
    if (isCleanup(step)) for (const unit of unitsOf(step)) world.results.delete(unit);
  }
  return Object.keys(opened.steps);
}

function judge(
  world: Simulation,
  steps: readonly Step[],
  again: readonly string[],
  begun: ReadonlyMap<string, number>,
  before: ReadonlySet<string>,
  sealedAs: string | undefined,
): void {
  const {state, broken} = world;
  const ends = new Map(steps.map((step) => [step.name, (endOf(state, step.name)?.state ?? 'open') as End]));
  const executed = [...world.executed]
    .filter((claim) => !before.has(claim))
    .map((claim) => claim.split(/[./]/))
    .filter(([name, attempt]) => Number(attempt) > putAside(state, name ?? ''))
    .map(([name]) => name);
  for (const [step, end] of ends)
    if (end === 'skipped' && executed.includes(step)) broken.push(`${step} was skipped, and executed`);
  if (sealedAs !== endOfRun(ends, state.cancel !== undefined)) broken.push(`the run was sealed as ${sealedAs}`);
  if (state.cancel) return;
  // What an earlier epoch has used up of the script.
  const script = Object.fromEntries(
    steps.flatMap(unitsOf).map((unit) => [unit, Math.max(0, (world.script[unit] ?? 0) - (begun.get(unit) ?? 0))]),
  );
  const open = steps.filter(({name}) => again.includes(name) && !uncertain(world, name));
  const wrong = judgeEnds(steps, script, ends).filter((line) => open.some(({name}) => line.startsWith(`${name} `)));
  broken.push(...wrong);
}

/** An execution that was cut off may fail a step, and the subjobs of an array fail in other attempts than they would have. */
function uncertain(world: Simulation, name: string): boolean {
  const step = world.stepNamed(name);
  const array = step.kind === 'job' && step.array !== undefined;
  if (array && world.partlyInVain.has(name)) return true;
  return world.interrupted.has(name) && (array || world.isInterruptible(name));
}

// ---- generators -----------------------------------------------------------------------------------------------------

interface Draft {
  readonly kind: 'job' | 'transfer';
  readonly waits: readonly {readonly on: number; readonly how: 'needs' | 'onFailureOf' | 'after'}[];
  readonly retries: number;
  readonly failures: readonly number[];
  readonly more: 'array' | 'fails when interrupted' | 'waits in a job' | undefined;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom('job', 'transfer'),
  waits: fc.array(fc.record({on: fc.nat(4), how: fc.constantFrom('needs', 'needs', 'needs', 'onFailureOf', 'after')}), {
    maxLength: 3,
  }),
  retries: fc.constantFrom(0, 0, 0, 1, 2),
  failures: fc.array(fc.constantFrom(0, 0, 0, 0, 0, 1, 1, 2, 3), {minLength: 2, maxLength: 2}),
  more: fc.constantFrom(undefined, undefined, 'array', 'fails when interrupted', 'waits in a job', 'waits in a job'),
});

function stepOf({kind, waits, retries, more}: Draft, index: number): Step {
  const conditions = {needs: new Set<string>(), onFailureOf: new Set<string>(), after: new Set<string>()};
  for (const {on, how} of index === 0 ? [] : waits) {
    const other = `s${on % index}`;
    // A step cannot both need another one and wait for its failure.
    if (how === 'onFailureOf' && conditions.needs.has(other)) continue;
    if (how === 'needs' && conditions.onFailureOf.has(other)) continue;
    conditions[how].add(other);
  }
  const lists = {
    needs: [...conditions.needs],
    onFailureOf: [...conditions.onFailureOf],
    after: [...conditions.after],
  };
  const common = retries > 0 ? {retries} : {};
  if (kind === 'transfer') {
    const step: TransferStep = {...transferStep(`s${index}`, lists), ...common};
    return more === 'waits in a job' ? {...step, strategy: 'wait'} : step;
  }
  const step: JobStep = {...jobStep(`s${index}`, lists), ...common};
  if (more === 'array') return {...step, array: {first: 0, last: 1, step: 1}};
  return more === 'fails when interrupted' ? {...step, onInterrupted: 'fail'} : step;
}

/** Small graphs of up to five steps, each waiting for steps before it; sometimes one that runs whatever happened. */
const workflow = fc
  .record({drafts: fc.array(draft, {minLength: 1, maxLength: 5}), always: fc.boolean()})
  .map(({drafts, always}) => {
    const steps = drafts.map(stepOf);
    const last = steps.at(-1);
    const ends = always && last && steps.length > 1 ? [...steps.slice(0, -1), {...last, always: true as const}] : steps;
    const script: Record<string, number> = {};
    for (const [index, step] of ends.entries())
      for (const [at, unit] of unitsOf(step).entries()) script[unit] = drafts[index]?.failures[at] ?? 0;
    return {steps: withAlways(ends), script};
  });

/** @param troubles which befall the run: up to three all of them, of more a few */
export function scenarios(troubles: readonly Trouble[]): fc.Arbitrary<Scenario> {
  return fc
    .record({
      workflow,
      troubles: troubles.length > 3 ? fc.subarray([...troubles], {minLength: 2, maxLength: 4}) : fc.constant(troubles),
      seed: fc.noShrink(fc.nat(2 ** 31 - 1)),
    })
    .map(({workflow: {steps, script}, troubles: some, seed}) => ({steps, script, troubles: some, seed}));
}

/** Scenarios in which steps have delays, and the steps up to one that fails are done again. */
export function scenariosWithRounds(troubles: readonly Trouble[]): fc.Arbitrary<Scenario> {
  return scenarios(troubles).map((scenario) => ({...scenario, steps: withRounds(scenario.steps, scenario.seed)}));
}

/** By the seed, so that the other scenarios stay what they are. */
function withRounds(steps: readonly Step[], seed: number): readonly Step[] {
  const chance = chanceOf(seed);
  const pairs = steps.flatMap((last) =>
    steps.flatMap((first) => {
      const stretch = stretchOf(steps, first.name, last.name);
      const inner = (name: string) => name !== last.name && stretch.includes(name);
      const needed = steps.some(({name, needs}) => !stretch.includes(name) && needs.some(inner));
      const refused = needed || last.always || besideStretch(steps, first.name, last.name).length > 0;
      return stretch.length === 0 || refused ? [] : [{first: first.name, last: last.name}];
    }),
  );
  const pair = chance.pick(pairs);
  const redoFrom = pair && {step: pair.first, rounds: 1 + chance.below(2), atOnceOn: chance.once(3) ? [1] : []};
  const delayed = chance.once(2) ? chance.pick(steps)?.name : undefined;
  return steps.map((step) => ({
    ...step,
    ...(step.name === pair?.last && redoFrom ? {redoFrom} : {}),
    ...(step.name === delayed ? {delayMs: 20 * 60_000} : {}),
  }));
}

/** Play `runs` scenarios, or fewer when one goes wrong. @returns undefined when all went as they must */
export async function explore(
  troubles: readonly Trouble[],
  runs: number,
  seed: number,
): Promise<{readonly runs: number; readonly wrong: string} | undefined> {
  const property = fc.asyncProperty(scenarios(troubles), async (scenario) => {
    const {wrong} = await play(scenario);
    if (wrong.length > 0) throw new Error(wrong[0]);
  });
  const {failed, numRuns, errorInstance} = await fc.check(property, {numRuns: runs, seed, endOnFailure: true});
  return failed ? {runs: numRuns, wrong: String((errorInstance as Error).message)} : undefined; // thrown just above, or by the engine
}
