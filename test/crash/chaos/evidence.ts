import type {Wrong} from '../../support/verify.ts';
import {expectedStates, type GraphStep, indicesOf, type JobStep, type RandomGraph} from './random-graph.ts';

/** What happened to a run, as its scripts and the person wrote it down, in this order. */
export type Line =
  | {
      readonly is: 'begin' | 'end' | 'early' | 'env';
      readonly step: string;
      readonly attempt: string;
      readonly index: string;
      readonly job: string;
      /** version of the script, its exit, the stage-in that was not there, or the variable that was another */
      readonly more: string;
    }
  /** from here on no job but these, which ran already, may begin */
  | {readonly is: 'held'; readonly jobs: readonly string[]}
  | {readonly is: 'released'}
  /** from here on this step never begins */
  | {readonly is: 'deleted'; readonly step: string}
  /** from here on no job but these may begin with the old script of a step */
  | {readonly is: 'updated'; readonly step: string; readonly jobs: readonly string[]};

/** Read the lines of a log. Half a line, of a script that was killed while it wrote, tells nothing. */
export function readLines(text: string): Line[] {
  return text.split('\n').flatMap((line): Line[] => {
    const [is = '', step = '', attempt = '', index = '', job = '', more = ''] = line.split(' ');
    if (is === 'held') return [{is, jobs: line.split(' ').slice(1)}];
    if (is === 'released') return [{is}];
    if (is === 'deleted') return [{is, step}];
    if (is === 'updated') return [{is, step, jobs: line.split(' ').slice(2)}];
    if ((is === 'begin' || is === 'end' || is === 'early' || is === 'env') && more !== '')
      return [{is, step, attempt, index, job, more}];
    return [];
  });
}

/** How a run ended, as the ledger says. */
export interface Conclusion {
  readonly state: string;
  readonly steps: readonly {readonly step: string; readonly state: string}[];
}

export interface Circumstances {
  /** processes of jobs may have been killed, and their attempts have failed or been lost */
  readonly interrupted: boolean;
  /** the person resumed the run, so that what had failed ran once more */
  readonly resumed: boolean;
  /**
   * `STEP ATTEMPT INDEX` of which neither a status nor an end is on disk: where processes were killed, the script may have
   * written its last line, and no process was left to see it exit
   */
  readonly unmarked: ReadonlySet<string>;
}

/**
 * What is wrong with a run, by what its scripts wrote down. Pure.
 *
 * @param conclusion undefined for a run that has not ended
 */
export function wrongsInEvidence(
  graph: RandomGraph,
  lines: readonly Line[],
  conclusion: Conclusion | undefined,
  circumstances: Circumstances,
): Wrong[] {
  const jobs = graph.steps.filter((step) => step.kind === 'job');
  return [
    ...wrongExecutions(graph.name, jobs, lines, circumstances),
    ...wrongOrder(graph, jobs, lines, circumstances),
    ...wrongSurroundings(graph.name, lines),
    ...begunUnderHold(graph.name, lines),
    ...oldScripts(graph.name, lines),
    ...begunAfterDeletion(graph.name, lines),
    ...(conclusion ? wrongConclusion(graph, jobs, lines, conclusion, circumstances) : []),
  ];
}

const succeeded = (lines: readonly Line[], {name}: JobStep, index: string) =>
  lines.some((line) => line.is === 'end' && line.step === name && line.index === index && line.more === '0');

function wrongExecutions(
  run: string,
  jobs: readonly JobStep[],
  lines: readonly Line[],
  {interrupted, resumed, unmarked}: Circumstances,
): Wrong[] {
  const wrong = (what: string): Wrong => ({kind: 'duplicate', what: `${run}: ${what}`});
  const wasSeen = ({step, attempt, index}: {step: string; attempt: string; index: string}) =>
    !interrupted || !unmarked.has(`${step} ${attempt} ${index}`);
  return jobs.flatMap((step) =>
    indicesOf(step).flatMap((index) => {
      const own = lines.flatMap((line, at) =>
        (line.is === 'begin' || line.is === 'end') && line.step === step.name && line.index === index
          ? [{...line, at}]
          : [],
      );
      const begins = own.filter(({is}) => is === 'begin');
      const done = own.find((line) => line.is === 'end' && line.more === '0' && wasSeen(line));
      const again = done && begins.find(({at}) => at > done.at);
      const byAttempt = new Map<string, Set<string>>();
      for (const {attempt, job} of begins) byAttempt.set(attempt, (byAttempt.get(attempt) ?? new Set()).add(job));
      const shared = [...byAttempt].filter(([, ids]) => ids.size > 1);
      const most = step.fails === 'never' ? 1 : step.fails === 'first' ? 2 : 1;
      const often = !interrupted && !resumed && begins.length > most;
      const name = index === '-' ? step.name : `${step.name} ${index}`;
      return [
        ...(again ? [wrong(`${name} began again after it had succeeded, as ${again.job}`)] : []),
        ...shared.map(([attempt, ids]) => wrong(`attempt ${attempt} of ${name} was run by ${[...ids].join(' and ')}`)),
        ...(often ? [wrong(`${name} ran ${begins.length} times`)] : []),
      ];
    }),
  );
}

function wrongOrder(
  graph: RandomGraph,
  jobs: readonly JobStep[],
  lines: readonly Line[],
  {interrupted}: Circumstances,
): Wrong[] {
  return lines.flatMap((line, at): Wrong[] => {
    const step = line.is === 'begin' ? jobs.find(({name}) => name === line.step) : undefined;
    if (!step || line.is !== 'begin') return [];
    const before = lines.slice(0, at);
    const missing = jobs.filter(
      (need) => step.needs.includes(need.name) && indicesOf(need).some((index) => !succeeded(before, need, index)),
    );
    const noFailure =
      step.onFailureOf.length > 0 &&
      !interrupted &&
      graph.person !== 'cancel' &&
      !before.some((other) => other.is === 'end' && other.more !== '0');
    return [
      ...missing.map(
        ({name}): Wrong => ({kind: 'loss', what: `${graph.name}: ${step.name} began before ${name} had succeeded`}),
      ),
      ...(noFailure
        ? [{kind: 'loss', what: `${graph.name}: ${step.name} began, and nothing had failed`} as const]
        : []),
    ];
  });
}

function wrongSurroundings(run: string, lines: readonly Line[]): Wrong[] {
  return lines.flatMap((line): Wrong[] => {
    if (line.is === 'early')
      return [{kind: 'loss', what: `${run}: ${line.step} began before ${line.more} had arrived`}];
    if (line.is === 'env') return [{kind: 'loss', what: `${run}: ${line.step} had another value of $${line.more}`}];
    return [];
  });
}

function begunUnderHold(run: string, lines: readonly Line[]): Wrong[] {
  let running: readonly string[] | undefined;
  return lines.flatMap((line): Wrong[] => {
    if (line.is === 'held') running = line.jobs;
    else if (line.is === 'released') running = undefined;
    else if (line.is === 'begin' && running && !running.includes(line.job))
      return [{kind: 'loss', what: `${run}: ${line.step} began under a hold, as ${line.job}`}];
    return [];
  });
}

function oldScripts(run: string, lines: readonly Line[]): Wrong[] {
  const since = new Map<string, readonly string[]>();
  return lines.flatMap((line): Wrong[] => {
    if (line.is === 'updated') since.set(line.step, line.jobs);
    const running = line.is === 'begin' && line.more === '1' ? since.get(line.step) : undefined;
    return running && line.is === 'begin' && !running.includes(line.job)
      ? [{kind: 'loss', what: `${run}: ${line.step} began with its old script, as ${line.job}`}]
      : [];
  });
}

function begunAfterDeletion(run: string, lines: readonly Line[]): Wrong[] {
  return lines.flatMap((line, at): Wrong[] =>
    line.is === 'begin' && lines.slice(0, at).some((other) => other.is === 'deleted' && other.step === line.step)
      ? [{kind: 'duplicate', what: `${run}: ${line.step} began as ${line.job}, and a person had deleted its job`}]
      : [],
  );
}

function wrongConclusion(
  graph: RandomGraph,
  jobs: readonly JobStep[],
  lines: readonly Line[],
  {state, steps}: Conclusion,
  {interrupted}: Circumstances,
): Wrong[] {
  const wrong = (what: string): Wrong => ({kind: 'loss', what: `${graph.name}: ${what}`});
  const stateOf = (name: string) => steps.find(({step}) => step === name)?.state;
  const unproven = jobs.filter(
    (step) => stateOf(step.name) === 'succeeded' && indicesOf(step).some((index) => !succeeded(lines, step, index)),
  );
  const denied = interrupted
    ? []
    : jobs.filter(
        (step) => stateOf(step.name) === 'failed' && indicesOf(step).every((index) => succeeded(lines, step, index)),
      );
  const bad = steps.filter(
    ({step}) => step !== 'cleanup' && stateOf(step) !== 'succeeded' && stateOf(step) !== 'skipped',
  );
  const found = [
    ...unproven.map(({name}) => wrong(`${name} is said to have succeeded, and its script has not`)),
    ...denied.map(({name}) => wrong(`${name} is said to have failed, and its script has succeeded`)),
    ...(state === 'succeeded' && bad.length > 0 ? [wrong(`it succeeded, and ${bad[0]?.step} did not`)] : []),
  ];
  if (interrupted || graph.person === 'cancel' || graph.person === 'delete') return found;
  const due = expectedStates(graph);
  const expected = [...due].filter(
    ([name, one]) => stateOf(name) !== one && !(stateOf(name) === 'skipped' && mayBeLeftOut(graph, name, due)),
  );
  return [...found, ...expected.map(([name, one]) => wrong(`${name} ended as ${stateOf(name)}, not ${one}`))];
}

/** Data that is moved for steps which can no longer run is left out where these ended first (docs/failure-semantics.md). */
function mayBeLeftOut({steps}: RandomGraph, name: string, due: ReadonlyMap<string, string>): boolean {
  const needing = steps.filter(({needs}) => needs.includes(name));
  const isTransfer = steps.some((step) => step.name === name && step.kind !== 'job');
  return isTransfer && needing.length > 0 && needing.every((step) => due.get(step.name) !== 'succeeded');
}

/**
 * Steps that still go on beside a job that a person deleted before it began, which waits for a word of that person
 * (docs/decisions/0006), as does all that waits for it. Pure.
 *
 * @param newest how the newest attempt of a step ended; undefined while it has not, or none was made
 * @returns undefined when no job was deleted
 */
export function goingOnBesideDeleted(
  {steps}: RandomGraph,
  lines: readonly Line[],
  newest: (step: string) => {readonly attempt: number; readonly state: string} | undefined,
): string[] | undefined {
  const waiting = new Set(lines.flatMap((line) => (line.is === 'deleted' ? [line.step] : [])));
  if (waiting.size === 0) return undefined;
  // Steps stand behind what they need.
  for (const step of steps) {
    const before = [...step.needs, ...(step.kind === 'job' ? step.onFailureOf : [])];
    if (before.some((name) => waiting.has(name))) waiting.add(step.name);
  }
  const isOver = (step: GraphStep) => {
    const end = newest(step.name);
    const isTriedAgain = step.kind === 'job' && step.fails === 'first' && end?.attempt === 1 && end.state === 'failed';
    return end !== undefined && !isTriedAgain;
  };
  return steps.filter((step) => !waiting.has(step.name) && !isOver(step)).map(({name}) => name);
}
