import type {EngineContext} from '../../../engine/context.ts';
import {observeGlobus, observePbs} from '../../../engine/observe.ts';
import {forgottenInWords, silentJobs, type Unanswered, unanswered} from '../../../engine/plan/forget.ts';
import {currentJobSeen, type View} from '../../../engine/plan/view.ts';
import {orError, RequestWrong, StageError} from '../../../errors.ts';
import {endOf, workingAttempt} from '../../../ledger/attempts.ts';
import type {OpenRun} from '../../../ledger/ledger.ts';
import type {ForgetDecision} from '../../../ledger/run-facts.ts';
import {taskHasEnded} from '../../../transfer/transfer-service.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {isTask} from '../../../workflow/model/steps.ts';
import type {Step} from '../../../workflow/model/workflow.ts';
import {chooseSteps} from '../../shared/choose.ts';

/** A step whose work is not waited for any more, in the shape of `--json`. */
export interface ForgottenStep {
  readonly step: string;
  readonly task?: string | undefined;
  readonly job?: string | undefined;
  readonly submission?: string | undefined;
  /** what it may still do, and why nothing is known of it */
  readonly warning: string;
}

/** What is to be recorded of one step. */
export interface Forgetting {
  readonly step: Step;
  readonly open: Unanswered | undefined;
  readonly fact: Omit<ForgetDecision, 'number' | 'at' | 'by'>;
  readonly warning: string;
}

/**
 * Ask PBS and Globus once more about steps that a person wants to forget. Nothing is changed.
 *
 * @throws {NoSuchStep} {CannotBeForgotten} for a step that the ordinary way ends: all of them or none
 */
export async function mayForget(
  engine: EngineContext,
  run: OpenRun,
  names: readonly string[],
): Promise<readonly Forgetting[]> {
  const steps = chooseSteps(run.state.spec.workflow, [...new Set(names)], run.id);
  if (steps.length === 0) return [];
  const [pbs, globus] = await Promise.all([observePbs(engine, [run], undefined), observeGlobus(engine, [run])]);
  const view: View = {run: run.state, seen: {...pbs, ...globus}, settings: {...engine.settings, rebuild: false}};
  const isAsked =
    steps.some((step) => isTask(step) && unanswered(view, step)?.submission) && (await isAskedAgain(engine, view));
  return steps.map((step) => {
    const attempt = workingAttempt(run.state, step.name);
    const open = unanswered(view, step);
    const jobs = silentJobs(view, step.name);
    const ended = endOf(run.state, step.name) !== undefined;
    if (!open && !(ended && jobs.some((key) => key.startsWith(`${step.name}.`))))
      throw new CannotBeForgotten(run, step, whyNot(view, step));
    if (isAsked && isTask(step) && open?.submission)
      throw new CannotBeForgotten(
        run,
        step,
        'Globus answers: it is asked again under the same submission id, and cancels the task',
      );
    const {task, job, submission} = open ?? {};
    const warning = open
      ? forgottenInWords(step, attempt, open)
      : `PBS could not be queried about ${jobs.join(', ')}; what is left of them in a queue does nothing of the run any more`;
    return {step, open, fact: {step: step.name, attempt: attempt.number, task, job, submission, jobs}, warning};
  });
}

/** The next look learns what became of a submission to Globus, unless looks have tried that in vain since the run was cancelled. */
async function isAskedAgain({transfers}: EngineContext, {run: {cancel}, seen, settings}: View): Promise<boolean> {
  if (cancel && seen.now - cancel.at >= settings.lostGraceMs) return false;
  return !((await orError(transfers.newSubmissionId())) instanceof StageError);
}

/** Ask for the end of what is forgotten, where anybody listens, and put the person's word on record. Safe to repeat. */
export async function forget(
  stage: RunsStage,
  engine: EngineContext,
  run: OpenRun,
  forgetting: readonly Forgetting[],
): Promise<readonly ForgottenStep[]> {
  return Promise.all(forgetting.map((one) => askToEnd(engine, one))).then((asked) =>
    forgetting.map(({step, fact, warning}, index) => {
      record(stage, engine, run, fact);
      stage.ledger.append(run.id, {
        at: engine.clock(),
        event: 'step-forgotten',
        step: step.name,
        why: warning,
        by: stage.by,
      });
      const {task, job, submission} = fact;
      return {step: step.name, task, job, submission, warning: [warning, asked[index]].filter(Boolean).join('; ')};
    }),
  );
}

/** @returns what a person should know where it could not be asked for */
async function askToEnd({transfers, scheduler}: EngineContext, {open}: Forgetting): Promise<string | undefined> {
  try {
    if (open?.task) await transfers.cancel(open.task);
    if (open?.job) await scheduler.delete(open.job);
    return undefined;
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return `its end could not be asked for: ${error.message}`;
  }
}

/** Another process may take a number first. */
function record({ledger, person}: RunsStage, {clock}: EngineContext, run: OpenRun, fact: Forgetting['fact']): void {
  for (let open = run; ; open = ledger.refresh(open)) {
    const {forgets} = open.state;
    const stands = forgets.some(({step, attempt, jobs}) => {
      return step === fact.step && attempt === fact.attempt && fact.jobs.every((key) => jobs.includes(key));
    });
    const name = `decision.forget-${forgets.length + 1}`;
    if (stands || ledger.create(run.id, name, {at: clock(), by: person, ...fact})) return;
  }
}

/** What is known of a step's work, so that it ends in the ordinary way. */
function whyNot(view: View, step: Step): string {
  const end = endOf(view.run, step.name);
  if (end) return `it has ended (${end.state}), and none of its jobs keeps the run from its end`;
  const task = workingAttempt(view.run, step.name).transfer?.task;
  const seen = task && view.seen.tasks.get(task);
  if (seen?.kind === 'task')
    return taskHasEnded(seen)
      ? `Globus lists its task ${task}, which has ended: the next look records that`
      : `Globus lists its task ${task} (${seen.state}), so that it can be cancelled`;
  const job = currentJobSeen(view, step.name);
  if (job?.kind === 'live') return `PBS shows its job (${job.state}), so that it can be deleted`;
  if (job && job.kind !== 'no-evidence') return 'PBS answers about its job, so that its end becomes known';
  return 'nothing of it is under way of which nothing is known';
}

/** The ordinary way leads to an end of the step: it need not be given up unknown. */
export class CannotBeForgotten extends RequestWrong {
  constructor({id}: OpenRun, {name}: Step, why: string) {
    super(`step ${name} of ${id} is not forgotten: its work can be asked about`, {
      code: 'CANNOT_BE_FORGOTTEN',
      why,
      next: [`End it in the ordinary way: stage cancel ${id}`, `See how it stands: stage why ${id} ${name}`],
    });
  }
}
