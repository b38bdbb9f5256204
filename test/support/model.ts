import type {OutcomeState} from '../../src/ledger/run-facts.ts';
import type {Step} from '../../src/workflow/model/workflow.ts';

/**
 * What a workflow must come to. It knows nothing of jobs, tasks, holds or looks: only of steps, and of how often each
 * of them fails before it succeeds.
 */

/** Failures before the first success, by unit: a step's name, or `name/index` for a subjob of an array. */
export type Script = Readonly<Record<string, number>>;

export type End = Exclude<OutcomeState, 'lost'>;

/** `go`: it is tried. `no`: it is skipped. */
function mayStart(step: Step, ends: ReadonlyMap<string, End>): 'go' | 'no' {
  const is = (name: string, ...states: End[]) => states.includes(ends.get(name) ?? 'skipped');
  if (step.needs.some((name) => !is(name, 'succeeded'))) return 'no';
  if (step.onFailureOf.length > 0 && !step.onFailureOf.some((name) => is(name, 'failed', 'cancelled'))) return 'no';
  return 'go';
}

/** The names of what runs for a step: one, or one for each index. */
export function unitsOf(step: Step): string[] {
  if (step.kind !== 'job' || !step.array) return [step.name];
  const {first, last, step: by} = step.array;
  const units: string[] = [];
  for (let index = first; index <= last; index += by) units.push(`${step.name}/${index}`);
  return units;
}

/** How often a step is tried at most, over all its rounds: with an exit status that opens one at once, they come first. */
function mostAttempts({kind, retries = 0, redoFrom}: Step): number {
  const atOnce = kind === 'job' && redoFrom?.atOnceOn.includes(FAILED);
  const rounds = redoFrom?.rounds ?? 0;
  return atOnce ? rounds + retries + 1 : (rounds + 1) * (retries + 1);
}

/** The exit status of a script that fails. */
const FAILED = 1;

function tried(step: Step, script: Script): End {
  const failures = Math.max(...unitsOf(step).map((unit) => script[unit] ?? 0));
  return failures < mostAttempts(step) ? 'succeeded' : 'failed';
}

/**
 * How every step ends, when each transfer that may be made is made.
 *
 * @param steps each after what it waits for
 * @param leftOut transfers that are not made
 */
export function idealEnds(
  steps: readonly Step[],
  script: Script,
  leftOut: ReadonlySet<string> = new Set(),
): Map<string, End> {
  const ends = new Map<string, End>();
  for (const step of steps) {
    const goes = mayStart(step, ends) === 'go' && !leftOut.has(step.name);
    ends.set(step.name, goes ? tried(step, script) : 'skipped');
  }
  return ends;
}

/**
 * Does a step's end follow from the ends of those before it? A transfer for steps that can no longer run, whatever
 * comes of it, may be made or left out: that depends on which ended first.
 *
 * @returns what is wrong, in words
 */
export function judgeEnds(steps: readonly Step[], script: Script, ends: ReadonlyMap<string, End>): string[] {
  return steps.flatMap((step) => {
    const is = ends.get(step.name);
    const due = mayStart(step, ends) === 'go' ? tried(step, script) : 'skipped';
    if (is === due || (is === 'skipped' && mayBeLeftOut(steps, script, step, ends))) return [];
    return [`${step.name} ended ${is}, and should have ${due}`];
  });
}

/** Other transfers that were left out themselves are judged by what needs those, and count as they ended. */
function mayBeLeftOut(
  steps: readonly Step[],
  script: Script,
  {kind, name}: Step,
  ends: ReadonlyMap<string, End>,
): boolean {
  const needing = steps.filter((other) => other.needs.includes(name));
  const leftOut = new Set(
    steps.flatMap((other) =>
      other.kind === 'transfer' && other.name !== name && ends.get(other.name) === 'skipped' ? [other.name] : [],
    ),
  );
  const ideal = idealEnds(steps, {...script, [name]: 0}, leftOut);
  return kind === 'transfer' && needing.length > 0 && needing.every((other) => ideal.get(other.name) !== 'succeeded');
}

/** How the run ends. */
export function endOfRun(ends: ReadonlyMap<string, End>, cancelled: boolean): 'succeeded' | 'failed' | 'cancelled' {
  const states = [...ends.values()];
  if (cancelled) return 'cancelled';
  if (states.includes('failed')) return 'failed';
  return states.includes('cancelled') ? 'cancelled' : 'succeeded';
}
