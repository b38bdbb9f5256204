import {EXIT, type ExitCode, StageError} from '../../errors.ts';
import {readDirectives} from '../../scheduler/script.ts';
import type {Stage} from '../../wiring/stage.ts';
import {note, type ProfileFinding, problem} from '../shared/findings.ts';
import type {PreparedWorkflow} from '../shared/prepare-run.ts';
import {askCollections, namesOf, planQuestions} from './ask-collections.ts';
import {findAtGlobus} from './check-at-globus.ts';
import {findAtPbs, type JobWish} from './check-at-pbs.ts';
import {findDirectory, stopsEveryRun} from './check-directory.ts';

export interface PreflightRequest {
  /** make and delete a directory at each destination */
  readonly probe: boolean;
  /** steps whose transfer exists already: their source need not be there any more */
  readonly adopted: readonly string[];
}

/**
 * Whether a workflow can work, as far as PBS, Globus and the disk can tell now: all are asked side by side. Changes
 * nothing, unless a probe is asked for. What could not be asked is a note, and no reason against the workflow.
 *
 * @throws {StateDirectoryGone}
 */
export async function preflight(
  stage: Stage,
  prepared: PreparedWorkflow,
  request: PreflightRequest,
): Promise<ProfileFinding[]> {
  stage.requireState();
  const directory = findDirectory(stage.ledger.layout.home);
  if (directory.some(({level}) => level === 'problem')) return directory; // the others would need it
  const [pbs, globus] = await Promise.all([
    askPbs(stage, prepared).catch((error: unknown) => [notAsked('PBS', error)]),
    askGlobus(stage, prepared, request).catch((error: unknown) => [notAsked('Globus', error)]),
  ]);
  return [...directory, ...pbs, ...globus];
}

async function askPbs(stage: Stage, {workflow, scripts}: PreparedWorkflow): Promise<ProfileFinding[]> {
  const defaults = stage.profile.compute;
  const wishes = workflow.steps.flatMap((step): JobWish[] => {
    if (step.kind !== 'job') return [];
    const directives = readDirectives(new TextDecoder().decode(scripts.get(step.name)));
    const queue = step.queue ?? defaults.queue ?? directives.queue;
    const walltime = step.resources.walltime ?? defaults.resources.walltime ?? directives.walltime;
    return [
      {
        step: step.name,
        ...(queue === undefined ? {} : {queue}),
        ...(walltime === undefined ? {} : {walltime}),
        ...(step.array ? {array: step.array} : {}),
      },
    ];
  });
  if (wishes.length === 0) return [];
  const site = await stage.site();
  const [server, queues] = await Promise.all([site.server(), site.queues()]);
  return findAtPbs(wishes, server, queues);
}

async function askGlobus(
  stage: Stage,
  {workflow}: PreparedWorkflow,
  {probe, adopted}: PreflightRequest,
): Promise<ProfileFinding[]> {
  const questions = planQuestions(workflow, adopted);
  if (questions.length === 0) return [];
  const engine = await stage.engine();
  const answers = await askCollections(engine.transfers, questions);
  const found = findAtGlobus(questions, answers, namesOf(workflow, await stage.collections()), Date.now());
  if (!probe || found.some(({level}) => level === 'problem')) return found;
  const {probeDestinations} = await import('./probe-destinations.ts');
  return [...found, ...(await probeDestinations(engine, questions, namesOf(workflow, await stage.collections())))];
}

/** A refusal to sign in is a person's turn; silence is nobody's, and concludes nothing. */
function notAsked(whom: 'PBS' | 'Globus', error: unknown): ProfileFinding {
  if (!(error instanceof StageError)) throw error;
  const why = [error.message, error.why].filter(Boolean).join(': ');
  return error.exit === EXIT.unreachable
    ? {...note(`${whom} could not be asked`, why, ...error.next), exit: EXIT.unreachable}
    : problem(`${whom} cannot be used`, why, error.exit, ...error.next);
}

/**
 * @param strict whether what could not be asked counts: `stage check` was asked to find out, `stage run` goes on and
 *   tries again later
 */
export function exitOfFindings(findings: readonly ProfileFinding[], strict: boolean): ExitCode {
  const exits = findings.flatMap(({level, exit}) =>
    exit !== undefined && (strict || level === 'problem') ? [exit] : [],
  );
  // What the user has to correct comes first: no sign-in mends a wrong path.
  return [EXIT.usage, EXIT.actionNeeded, EXIT.unreachable].find((exit) => exits.includes(exit)) ?? EXIT.ok;
}

/** @throws {CheckFailed} when a finding is a problem */
export function requirePassed(name: string, findings: readonly ProfileFinding[]): void {
  const problems = findings.filter(({level}) => level === 'problem');
  if (problems.length > 0) throw new CheckFailed(name, problems);
}

/** The check before a new run found what it cannot work with. Nothing was created. */
export class CheckFailed extends StageError {
  constructor(name: string, problems: readonly ProfileFinding[]) {
    super({
      code: 'CHECK_FAILED',
      exit: exitOfFindings(problems, false),
      what: `run "${name}" was not created: it cannot work as it is`,
      details: problems.map(({what, why}) => `${what}: ${why}`),
      next: [
        ...new Set(problems.flatMap(({next}) => next)),
        ...(problems.every(stopsEveryRun)
          ? ['Then the same command.']
          : ['To start it all the same, such as when a source appears later: the same command with --no-check']),
      ],
    });
  }
}
