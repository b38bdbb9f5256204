import {existsSync} from 'node:fs';
import {executionsOf, type Scenario, sealOf} from './scenarios.ts';
import {hashesOf, type World, waitingIn} from './world.ts';

/** Something that was done twice, lost (or concluded wrongly), or left behind. */
export interface Wrong {
  readonly kind: 'duplicate' | 'loss' | 'stuck';
  readonly what: string;
}

/**
 * What is wrong with how a run ended, as PBS, Globus and the disk show it.
 *
 * @param extra.ignore jobs that somebody submitted by hand
 * @param extra.interrupted jobs were killed while they ran, so that scripts may have been begun more often
 * @param extra.resumed a person resumed the run once more than the scenario says: a step that was skipped then does its task in
 *   a later attempt
 */
export async function wrongsOf(
  world: World,
  scenario: Scenario,
  extra: {readonly ignore?: ReadonlySet<string>; readonly interrupted?: boolean; readonly resumed?: boolean} = {},
): Promise<Wrong[]> {
  const jobs = (await world.jobsOf(scenario.run)).filter(({id}) => !extra.ignore?.has(id));
  return [
    ...wrongEnd(world, scenario),
    ...wrongTasks(
      scenario,
      (await world.tasks()).map(({label}) => label ?? ''),
      extra.resumed ?? false,
    ),
    ...repeated(jobs.map((job) => String(job.Variable_List?.STAGE_INTENT).replace(/\.[^.]+$/, ''))).map(
      (tag): Wrong => ({kind: 'duplicate', what: `two jobs for ${tag}`}),
    ),
    ...(extra.interrupted ? [] : wrongExecutions(scenario)),
    ...wrongArrival(scenario),
    ...waitingIn(jobs).map((what): Wrong => ({kind: 'stuck', what: `left in the queue: ${what}`})),
  ];
}

function wrongEnd(world: World, {seal, end}: Scenario): Wrong[] {
  const sealed = sealOf(world, seal);
  if (!sealed) return [{kind: 'stuck', what: `${seal} has not ended`}];
  return sealed.state === end ? [] : [{kind: 'loss', what: `${seal} ${sealed.state}, not ${end}: ${sealed.why}`}];
}

/** Pure. */
export function wrongTasks(
  {run, tasks, end}: Pick<Scenario, 'run' | 'tasks' | 'end'>,
  labels: readonly string[],
  resumed: boolean,
): Wrong[] {
  const named = (label: string) => (resumed ? label.replace(/ \d+$/, '') : label);
  const ours = labels.filter((label) => label.includes(` ${run} `)).map(named);
  const wanted = tasks.map(named);
  return [
    ...repeated(ours).map((label): Wrong => ({kind: 'duplicate', what: `two tasks "${label}"`})),
    ...ours
      .filter((label) => !wanted.includes(label))
      .map((label): Wrong => ({kind: 'duplicate', what: `an unexpected task "${label}"`})),
    ...wanted
      // A person may have cancelled the run before anything was asked for.
      .filter((label) => end !== 'cancelled' && !ours.includes(label))
      .map((label): Wrong => ({kind: 'loss', what: `no task "${label}"`})),
  ];
}

function wrongExecutions(scenario: Scenario): Wrong[] {
  const ran = executionsOf(scenario);
  const wanted = [...scenario.executions];
  const extra = ran.filter((line) => {
    const at = wanted.indexOf(line);
    if (at >= 0) wanted.splice(at, 1);
    return at < 0;
  });
  return [
    ...extra.map((line): Wrong => ({kind: 'duplicate', what: `the script of ${line} ran once too often`})),
    ...wanted.map((line): Wrong => ({kind: 'loss', what: `the script of ${line} did not run`})),
  ];
}

function wrongArrival({run, arrived}: Scenario): Wrong[] {
  if (!arrived) return [];
  const [from, to] = arrived.map((directory) => existsSync(directory) && JSON.stringify(hashesOf(directory)));
  return from === to ? [] : [{kind: 'loss', what: `the results of ${run} did not arrive as they were`}];
}

function repeated(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text, index) => texts.indexOf(text) !== index))];
}
