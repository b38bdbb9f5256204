import {type TaskId, UUID} from '../../base/ids.ts';
import {RequestWrong} from '../../errors.ts';
import {LedgerDamaged} from '../../ledger/damage.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {openRuns} from '../../ledger/open-runs.ts';
import {parseRunId, type RunId} from '../../ledger/state-directory.ts';
import type {RunUnusable} from '../../ledger/trusted-run.ts';
import {wayOfTask} from '../../transfer/other-way.ts';
import type {WorkflowStage} from '../../wiring/stage.ts';
import {didYouMean, listNames} from '../../workflow/file/problems.ts';
import type {Step, TransferStep, Workflow} from '../../workflow/model/workflow.ts';

/** What runs are looked up in. */
type Runs = Pick<WorkflowStage, 'ledger' | 'profile'>;

/** The runs that a command works on. */
export interface ChosenRuns {
  readonly runs: readonly OpenRun[];
  /** those of all runs that cannot be read, or that others could have changed; of a run that was named it is an error */
  readonly damaged: readonly RunUnusable[];
}

/** The run that was named on the command line, or undefined for `--all`. @throws {RequestWrong} for both, or neither */
export function oneOrAll(run: string | undefined, all: boolean): string | undefined {
  if ((run === undefined) === all) return run;
  throw new RequestWrong(all ? 'a run and --all were both given' : 'no run was named', {
    next: ['Name a run, or give --all for every run that has not ended.', 'List them: stage list'],
  });
}

/** The run of that very id, or the newest one of that name. @throws {NoSuchRun} */
export function findRun({ledger, profile}: Runs, nameOrId: string): RunId {
  const run = ledger.find(nameOrId);
  if (run) return run;
  throw new NoSuchRun(nameOrId, profile.name, ledger.runs());
}

/** As {@link findRun}, with its facts read. @throws {NoSuchRun} {WasGivenUp} {LedgerDamaged} {RunNotTrusted} */
export function openRun(stage: Runs, nameOrId: string): OpenRun {
  const run = findRun(stage, nameOrId);
  try {
    return stage.ledger.open(run);
  } catch (error) {
    throw error instanceof LedgerDamaged && stage.ledger.summary(run)?.givenUp ? new WasGivenUp(run) : error;
  }
}

/** @param nameOrId undefined: every run that has not ended. @throws {NoSuchRun} {LedgerDamaged} {RunNotTrusted} */
export function chooseRuns(stage: Runs, nameOrId: string | undefined): ChosenRuns {
  if (nameOrId !== undefined) return {runs: [openRun(stage, nameOrId)], damaged: []};
  return openRuns(stage.ledger, stage.ledger.activeRuns());
}

/**
 * Steps by their names, in the order in which they were asked for.
 *
 * @param of the run whose steps they are; absent: a workflow that is no run yet
 * @throws {NoSuchStep}
 */
export function chooseSteps({steps}: Pick<Workflow, 'steps'>, names: readonly string[], of?: RunId): Step[] {
  return names.map((name) => {
    const step = steps.find((each) => each.name === name);
    if (step) return step;
    throw new NoSuchStep(
      name,
      steps.map((each) => each.name),
      of,
    );
  });
}

/** A transfer step by its name. @throws {NoSuchStep} {RequestWrong} for a step that is no transfer */
export function chooseTransfer(workflow: Pick<Workflow, 'steps'>, name: string, of?: RunId): TransferStep {
  const [step] = chooseSteps(workflow, [name], of);
  if (step?.kind === 'transfer') return step;
  const names = workflow.steps.flatMap((each) => (each.kind === 'transfer' ? [each.name] : []));
  throw new RequestWrong(`step ${name} of ${whose(of)} is a ${step?.kind}`, {
    why: names.length > 0 ? `its transfers are ${listNames(names)}` : 'it has no transfers',
  });
}

/** A task as a person names it. @throws {RequestWrong} for what cannot be a task id */
export function taskId(text: string): TaskId {
  if (!UUID.test(text) && !wayOfTask(text.toLowerCase()))
    throw new RequestWrong(`"${text}" is not a task id`, {
      why: 'a task id is a UUID, such as 0f528ce0-493c-4fa7-acaf-f5d97d9812a4',
      next: ['List the tasks of a run: stage status RUN'],
    });
  return text.toLowerCase() as TaskId; // seen above to have the form of one
}

function whose(run: RunId | undefined): string {
  return run === undefined ? 'the workflow' : `run ${run}`;
}

/** A run whose record was damaged, and which a person gave up: there is nothing to go on with. */
export class WasGivenUp extends RequestWrong {
  constructor(run: RunId) {
    super(`${run} was given up, since its record is damaged`, {
      code: 'RUN_GIVEN_UP',
      why: 'it has ended, and what is left of its record does not say what is to be done',
      next: [`Start a new run of this name: stage run FILE --again`, `See how it ended: stage status ${run}`],
    });
  }
}

/** No run of this profile has that name or id. */
export class NoSuchRun extends RequestWrong {
  constructor(asked: string, profile: string, known: readonly RunId[]) {
    const names = [...new Set(known.map((run) => parseRunId(run)?.name ?? run))].sort();
    super(`there is no run "${asked}" in profile "${profile}"`, {
      code: 'NO_SUCH_RUN',
      why: names.length > 0 ? `known runs: ${listNames(names)}${didYouMean(asked, names)}` : 'there are no runs yet',
      next: ['List them: stage list', 'It may belong to another profile: --profile'],
    });
  }
}

/** A run, or a workflow, has no step of that name. */
export class NoSuchStep extends RequestWrong {
  constructor(asked: string, known: readonly string[], run: RunId | undefined) {
    super(`${whose(run)} has no step "${asked}"`, {
      code: 'NO_SUCH_STEP',
      why: `its steps are ${listNames(known)}${didYouMean(asked, known)}`,
      next: run === undefined ? ['List them: stage check'] : [`List them: stage why ${run}`],
    });
  }
}
