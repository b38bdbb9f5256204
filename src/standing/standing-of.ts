import {letGoUnderHold} from '../engine/plan/jobs/plan-holds.ts';
import {rateOf} from '../engine/plan/tasks/rate.ts';
import {remainingOf} from '../engine/plan/tasks/remaining.ts';
import type {View} from '../engine/plan/view.ts';
import {standingHold} from '../ledger/run-facts.ts';
import {runEnd} from '../ledger/summary.ts';
import type {Trouble} from '../ledger/troubles.ts';
import type {ActStep, JobStep, MkdirStep, Step, TaskStep} from '../workflow/model/workflow.ts';
import {writtenPlaces} from '../workflow/model/written-places.ts';
import {adviceOn, explainEnd} from './reasons/explain-end.ts';
import {explainMonitor} from './reasons/explain-monitor.ts';
import {explainTroubles, troublesOf} from './reasons/explain-troubles.ts';
import {unsealedFor, withForgetAdvice} from './reasons/forget-advice.ts';
import {judgeAct} from './reasons/judge-act.ts';
import {judgeJobStep} from './reasons/judge-job.ts';
import {judgeDirectory, judgeTransfer} from './reasons/judge-transfer.ts';
import {type Judgement, judged} from './reasons/judgement.ts';
import {inOneLine, movedInAll, type Progress, type Reason, type RunStanding, type StepStanding} from './standing.ts';
import {type ExtraKnowledge, factsOf, type StepFacts} from './step-facts.ts';
import {explainTransferringOutput, transferringInWords, transferringOutput} from './transferring-output.ts';

/**
 * How a run that is not sealed stands, from its facts and one look: computed once, and read by whatever shows it or
 * judges by it. Pure.
 *
 * @param known what was learnt for people beside the look: more about tasks, and what could not be done
 */
export function standingOf(view: View, known: ExtraKnowledge = {}): RunStanding {
  const {run, seen} = view;
  const {spec, cancel} = run;
  const steps = spec.workflow.steps.map((step) => standingOfStep(view, step, known));
  const end = runEnd(run);
  const monitor = end ? undefined : explainMonitor(known.monitor, seen, spec.run);
  const hold = end ? undefined : standingHold(run);
  const troubles = end ? [] : troublesIn(view, steps, known);
  const told = explainTroubles(troubles, spec.run);
  const transferring = end ? undefined : transferringOutput(view);
  return {
    run: spec.run,
    name: spec.name,
    profile: spec.profile,
    state: end?.state ?? (cancel ? 'cancelling' : 'active'),
    line:
      end?.why ??
      (cancel
        ? `cancelled by ${cancel.by}; ${whatKeeps(steps)}`
        : `${hold ? `held by ${hold.by}; ` : ''}${monitor ? `${monitor.brief}; ` : ''}${told.map(({brief}) => `${brief}; `).join('')}${transferring ? `${transferringInWords(transferring)}; ` : ''}${lineOf(steps)}`),
    reasons: [
      ...reasonsOf(view),
      ...(monitor ? [monitor] : []),
      ...told,
      ...(transferring ? [explainTransferringOutput(transferring)] : []),
    ],
    transferring,
    troubles: troubles.length > 0 ? troubles : undefined,
    hold,
    createdAt: spec.createdAt,
    now: seen.now,
    steps,
  };
}

function troublesIn({run, settings}: View, steps: readonly StepStanding[], known: ExtraKnowledge): Trouble[] {
  const {run: id, createdAt} = run.spec;
  const {lastLook, by, troubles = []} = known;
  return troublesOf(troubles, {run: id, createdAt, steps, lastLook, stagingJobs: settings.stagingJobs, by});
}

/** What a run that was cancelled waits for: what a person has to do about it comes first. */
function whatKeeps(steps: readonly StepStanding[]): string {
  const asked = steps.find(({end, reason}) => !end && reason.next.some((line) => line.includes('--forget')));
  return asked ? `${asked.step}: ${inOneLine(asked.reason)}` : 'waiting for what still runs to end';
}

/** What a person should know first about an active run. */
function lineOf(steps: readonly StepStanding[]): string {
  const told = ({step, reason}: StepStanding) => `${step}: ${inOneLine(reason)}`;
  for (const state of ['action-needed', 'paused', 'deleted', 'failed'] as const) {
    const step = steps.find((candidate) => candidate.state === state);
    if (step) return told(step);
  }
  const faulting = steps.find(({state, progress}) => state === 'transferring' && (progress?.faults ?? 0) > 0);
  if (faulting) return told(faulting);
  const busy = steps.filter(({state}) => ['running', 'transferring', 'queued'].includes(state));
  if (busy.length > 0) return busy.map(({step, state}) => `${step} is ${state}`).join(', ');
  const refused = steps.find(({reason}) => reason.code === 'TRANSFER_REFUSED_FOR_NOW');
  return refused ? told(refused) : 'waiting';
}

/** What concerns the run as a whole. */
function reasonsOf(view: View): Reason[] {
  const {spec, cancel} = view.run;
  const hold = standingHold(view.run);
  const letGo = hold ? spec.workflow.steps.flatMap((step) => letGoUnderHold(view, step)) : [];
  const goOn =
    letGo.length === 0 ? '' : `, and ${letGo.join(', ')}, whose user hold was ended by hand (qrls), may start`;
  const held: Reason[] = hold
    ? [
        {
          standing: 'action',
          code: 'RUN_HELD',
          what: `the run is held by ${hold.by}${hold.steps ? ` (only ${hold.steps.join(', ')})` : ''}`,
          why: `nothing new is submitted or released; running jobs and transfers continue${goOn}`,
          next: [`End the hold: stage release ${spec.run}`],
          since: hold.at,
        },
      ]
    : [];
  const cancelled: Reason[] = cancel
    ? [
        {
          standing: 'waiting',
          code: 'RUN_CANCELLED',
          what: `the run is being cancelled by ${cancel.by}`,
          why: 'it ends when everything that still runs has ended',
          next: [],
          since: cancel.at,
        },
      ]
    : [];
  return [...held, ...cancelled, ...unsealedFor(view)];
}

function standingOfStep(view: View, step: Step, known: ExtraKnowledge): StepStanding {
  const facts = factsOf(view, step, known);
  const {attempt, end, job, task, verdict} = facts;
  const start = attempt.starts.find((each) => !each.void)?.at ?? attempt.transfer?.confirmedAt ?? attempt.act?.at;
  return {
    step: step.name,
    kind: step.kind,
    needs: step.needs,
    onFailureOf: step.onFailureOf,
    after: step.after,
    places: writtenPlaces(view.run.spec.workflow, step),
    attempt: attempt.number,
    ...withForgetAdvice(facts, judge(facts)),
    ...(end ? {end} : {}),
    verdict,
    ...(job ? {job: {id: job.id, seen: job.seen, verdict: job.verdict}} : {}),
    ...(task ? {task: {...task, trouble: known.tasks?.get(task.id)?.trouble ?? view.seen.troubles?.get(task.id)}} : {}),
    progress: end ? movedInAll(end) : progressOf(facts),
    startedAt: start,
  };
}

/** The one place that says how a step stands. */
function judge(facts: StepFacts): Judgement {
  const {view, step, end, task, job} = facts;
  if (end) {
    const {state, why, at, skippedErrors, cause} = end;
    const {run} = view.run.spec;
    const [advice, ids] = [adviceOn(view.run, step.name), {task: task?.id, job: job?.id}];
    return judged(state, explainEnd({run, step: step.name, state, why, at, skippedErrors, cause, ...ids, advice}));
  }
  // Each kind was told apart by the case: TypeScript does not narrow the type around a field.
  switch (step.kind) {
    case 'transfer':
    case 'delete':
      return judgeTransfer(facts as StepFacts<TaskStep>);
    case 'mkdir':
      return judgeDirectory(facts as StepFacts<MkdirStep>);
    case 'link':
    case 'move':
    case 'remove':
      return judgeAct(facts as StepFacts<ActStep>);
    case 'job':
      return judgeJobStep(facts as StepFacts<JobStep>);
    default:
      return step satisfies never;
  }
}

function progressOf({view, step, attempt, task}: StepFacts): Progress | undefined {
  const seen = task?.seen;
  if (seen?.kind !== 'task' || step.kind !== 'transfer') return undefined;
  const {source} = attempt;
  const hint = view.seen.rates?.get(seen.task);
  const remaining = remainingOf(seen, source, hint);
  return {
    bytes: seen.bytesTransferred,
    bytesExpected: source && !source.cut ? source.bytes : undefined,
    files: seen.filesTransferred,
    filesFound: seen.files,
    skippedErrors: seen.skippedErrors,
    bytesPerSecond: seen.state === 'active' ? rateOf(hint, seen) : undefined,
    faults: seen.faults,
    ...(remaining.is === 'estimate' ? {remainingMs: remaining.ms} : {noEstimate: remaining.why}),
  };
}
