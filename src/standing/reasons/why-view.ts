import type {View} from '../../engine/plan/view.ts';
import type {RunSummary} from '../../ledger/summary.ts';
import type {Step} from '../../workflow/model/workflow.ts';
import {explainStep, type Knowledge, succeeded} from './explain-step.ts';
import type {Reason, Standing} from './explanation.ts';

/** A reason in the shape of `--json`: times in ISO 8601 UTC. Stable: scripts read it. */
export interface Explanation {
  /** absent for what concerns the run as a whole */
  readonly step?: string;
  readonly standing: Standing;
  readonly code: string;
  readonly what: string;
  readonly why?: string;
  readonly next: readonly string[];
  readonly since?: string;
  readonly times?: number;
  /** when PBS expects to start the job */
  readonly estimatedStart?: string;
  /** when Globus gives up */
  readonly deadline?: string;
  /** what is left until then */
  readonly deadlineInSeconds?: number;
}

const ORDER: readonly Standing[] = ['action', 'trouble', 'waiting', 'fine'];

/**
 * Why a run is where it is: its steps that do not move, those first that a person can do something about. Pure.
 *
 * @param only one step, which is told of even when all is well with it
 * @param problems what could not be done in the look just now
 */
export function explainRun(
  view: View,
  known: Knowledge,
  only?: string,
  problems: readonly Problem[] = [],
): Explanation[] {
  const {run, seen} = view;
  const steps = run.spec.workflow.steps.filter(({name}) => only === undefined || name === only);
  const all = steps.map((step) =>
    toExplanation(withProblem(explainStep(view, step, known), step, problems), seen.now, step.name),
  );
  if (only !== undefined) return all;
  const still = all.filter(({standing}) => standing !== 'fine');
  const shown = still.length > 0 ? still : all.filter(({code}) => !/^STEP_(SUCCEEDED|SKIPPED)$/.test(code));
  return [...ofTheRun(view), ...inOrder(shown)];
}

/** What could not be done, and why. */
interface Problem {
  readonly code: string;
  readonly what: string;
  readonly why?: string;
  readonly next: readonly string[];
}

/** A step that the look just now should have started, and could not. */
function withProblem(reason: Reason, step: Step, problems: readonly Problem[]): Reason {
  const [away, code] =
    step.kind === 'job'
      ? (['SCHEDULER_UNREACHABLE', 'PBS_NOT_ASKED'] as const)
      : (['TRANSFER_UNREACHABLE', 'GLOBUS_NOT_ASKED'] as const);
  const problem = problems.find((one) => one.code === away);
  if (!problem || !['STEP_TO_BE_STARTED', 'SUBMISSION_UNCONFIRMED'].includes(reason.code)) return reason;
  const cause = problem.why ? `${problem.what}: ${problem.why}` : problem.what;
  if (reason.code === 'SUBMISSION_UNCONFIRMED') return {...reason, why: `${cause}. ${reason.why ?? ''}`};
  return {standing: 'trouble', code, what: 'it could not be started just now', why: cause, next: problem.next};
}

function ofTheRun({run, seen}: View): Explanation[] {
  const hold = run.holds.findLast((each) => each.endedAt === undefined);
  const cancelled: Reason[] = run.cancel
    ? [
        {
          standing: 'waiting',
          code: 'RUN_CANCELLED',
          what: `the run is being cancelled by ${run.cancel.by}`,
          why: 'it ends when what still runs has ended',
          next: [],
          since: run.cancel.at,
        },
      ]
    : [];
  const held: Reason[] = hold
    ? [
        {
          standing: 'action',
          code: 'RUN_HELD',
          what: `the run is held by ${hold.by}${hold.steps ? ` (only ${hold.steps.join(', ')})` : ''}`,
          why: 'nothing of it is started meanwhile; what runs goes on',
          next: [`End the hold: stage release ${run.spec.run}`],
          since: hold.at,
        },
      ]
    : [];
  return [...held, ...cancelled].map((reason) => toExplanation(reason, seen.now));
}

/** Why a run ended as it did, from its seal. Pure. @param adviceOn what can be done about the refusal that ended a step */
export function explainSummary(
  summary: RunSummary,
  only?: string,
  adviceOn: (step: string) => readonly string[] = () => [],
): Explanation[] {
  const wanted = summary.steps.filter(({step}) => only === undefined || step === only);
  const all = wanted.map((step): Explanation => {
    if (step.skippedErrors && step.state === 'succeeded') {
      const since = step.endedAt === undefined ? {} : {since: step.endedAt};
      return toExplanation({...succeeded(step.skippedErrors, step.task), ...since}, summary.endedAt, step.step);
    }
    const failed = step.state === 'failed' || step.state === 'cancelled';
    return {
      step: step.step,
      standing: failed ? 'action' : 'fine',
      code: `STEP_${step.state.toUpperCase()}`,
      what:
        step.state === 'failed'
          ? 'it has failed'
          : step.state === 'succeeded'
            ? 'it has succeeded'
            : `it was ${step.state}`,
      why: step.why,
      next: failed
        ? [
            ...adviceOn(step.step),
            `What it said: stage logs ${summary.run} --step ${step.step}`,
            `Mend the cause, then try it again: stage resume ${summary.run}`,
          ]
        : [],
      ...(step.endedAt === undefined ? {} : {since: new Date(step.endedAt).toISOString()}),
    };
  });
  const worthTelling = ({standing, code}: Explanation) => standing !== 'fine' || code === 'STEP_SUCCEEDED_WITH_SKIPS';
  return only === undefined ? inOrder(all.filter(worthTelling)) : all;
}

function inOrder(list: readonly Explanation[]): Explanation[] {
  return [...list].sort((a, b) => ORDER.indexOf(a.standing) - ORDER.indexOf(b.standing));
}

function toExplanation({since, deadline, estimatedStart, ...reason}: Reason, now: number, step?: string): Explanation {
  return {
    ...(step === undefined ? {} : {step}),
    ...reason,
    ...(since === undefined ? {} : {since: new Date(since).toISOString()}),
    ...(estimatedStart === undefined ? {} : {estimatedStart: new Date(estimatedStart).toISOString()}),
    ...(deadline === undefined
      ? {}
      : {
          deadline: new Date(deadline).toISOString(),
          deadlineInSeconds: Math.max(0, Math.round((deadline - now) / 1000)),
        }),
  };
}
