import {isSameJob} from '../../base/job-id.ts';
import type {FactValue} from '../../disk/facts.ts';
import {withNumbers} from '../../workflow/model/numbers.ts';
import {roundOf, workingAttempt} from '../attempts.ts';
import {
  type Attempt,
  attemptKey,
  type CancelDecision,
  cancelName,
  type ForgetDecision,
  type HoldDecision,
  type JobRecord,
  type Outcome,
  type ResumeDecision,
  type RoundDecision,
  type RunSpec,
  type RunState,
  roundName,
  type StartMarker,
  type UpdateDecision,
  updateName,
} from '../run-facts.ts';
import {type AttemptFacts, groupByAttempt} from './attempt-facts.ts';
import {foldAct} from './fold-act.ts';
import {foldJobs} from './fold-jobs.ts';
import {foldIndices, foldMarkers} from './fold-markers.ts';
import {foldSignIn, foldSource, foldTransfer} from './fold-transfer.ts';

/**
 * What a run's facts add up to. Pure; the order in which facts were created does not matter.
 *
 * @param asked what the run was asked to do when it was created
 * @param resumes the run's facts in `resumed/`, oldest first
 *
 * The casts stand where facts become values: they have been read by their schemas (fact-schemas).
 */
export function foldRun(
  asked: RunSpec,
  facts: ReadonlyMap<string, FactValue>,
  resumes: readonly ResumeDecision[] = [],
): RunState {
  const updates = foldUpdates(facts);
  const spec = updates.reduce(updated, asked);
  const byAttempt = groupByAttempt(facts);
  const attempts = new Map<string, readonly Attempt[]>();
  for (const step of spec.workflow.steps) {
    const numbers = [...(byAttempt.get(step.name)?.keys() ?? [])];
    const count = Math.max(1, ...numbers);
    const changedBy = updates.findLastIndex(({changed}) => changed.includes(step.name)) + 1;
    attempts.set(
      step.name,
      Array.from({length: count}, (_, index) =>
        foldAttempt(step.name, index + 1, byAttempt.get(step.name)?.get(index + 1) ?? new Map(), changedBy),
      ),
    );
  }
  const cancel = facts.get(cancelName(resumes.length)) as CancelDecision | undefined;
  return withItsNumbers({
    spec,
    original: asked,
    attempts,
    cancel: cancel || undefined,
    resumes,
    holds: foldHolds(facts),
    forgets: foldForgets(facts),
    updates,
    rounds: foldRounds(facts),
  });
}

/** The texts of steps that count rounds and tries, as they are for the attempt that is worked on. */
function withItsNumbers(run: RunState): RunState {
  const {workflow} = run.spec;
  if (!workflow.steps.some(({numbered}) => numbered)) return run;
  const tryOf = (step: string) => (run.attempts.has(step) ? workingAttempt(run, step).number : 1);
  const steps = workflow.steps.map((step) => {
    if (!step.numbered) return step;
    return withNumbers(step, {round: roundOf(run, step.name), try: (other = step.name) => tryOf(other)});
  });
  return {...run, spec: {...run.spec, workflow: {...workflow, steps}}};
}

function foldRounds(facts: ReadonlyMap<string, FactValue>): RoundDecision[] {
  const rounds: RoundDecision[] = [];
  for (;;) {
    const round = facts.get(roundName(rounds.length + 1)) as unknown as RoundDecision | undefined;
    if (!round) return rounds;
    rounds.push(round);
  }
}

function foldUpdates(facts: ReadonlyMap<string, FactValue>): UpdateDecision[] {
  const updates: UpdateDecision[] = [];
  for (;;) {
    const update = facts.get(updateName(updates.length + 1)) as unknown as UpdateDecision | undefined;
    if (!update) return updates;
    updates.push({...update, steps: update.steps ?? {}}); // the first version of stage that wrote updates put nothing aside
  }
}

function updated(spec: RunSpec, {workflow, fingerprint, scriptHashes, scripts}: UpdateDecision): RunSpec {
  return {...spec, workflow, fingerprint, scriptHashes, scripts: {...spec.scripts, ...scripts}};
}

function foldHolds(facts: ReadonlyMap<string, FactValue>): HoldDecision[] {
  const holds: HoldDecision[] = [];
  for (let number = 1; ; number++) {
    const hold = facts.get(`decision.hold-${number}`) as Omit<HoldDecision, 'number'> | undefined;
    if (!hold) return holds;
    const ended = facts.get(`decision.release-${number}`) as {at: number} | undefined;
    holds.push({...hold, number, ...(ended ? {endedAt: ended.at} : {})});
  }
}

function foldForgets(facts: ReadonlyMap<string, FactValue>): ForgetDecision[] {
  const forgets: ForgetDecision[] = [];
  for (let number = 1; ; number++) {
    const forget = facts.get(`decision.forget-${number}`) as unknown as Omit<ForgetDecision, 'number'> | undefined;
    if (!forget) return forgets;
    forgets.push({...forget, number});
  }
}

/** @param changedBy the number of the last update by which the step does something else; 0: none */
function foldAttempt(step: string, number: number, facts: AttemptFacts, changedBy: number): Attempt {
  const outcome = facts.get('outcome') as Outcome | undefined;
  const transfer = foldTransfer(facts);
  const jobs = foldJobs(attemptKey(step, number), facts);
  const markers = foldMarkers('', facts);
  return {
    number,
    transfer: transfer || undefined,
    source: foldSource(facts, changedBy),
    ...(transfer?.task ? {} : foldSignIn(facts)),
    act: foldAct(facts),
    jobs,
    ...markers,
    starts: markers.starts.map((start) => asOnRecord(start, jobs)),
    altered: facts.has('altered') || undefined,
    indices: foldIndices(facts),
    ...(outcome ? {outcome} : {}),
  };
}

/**
 * A job goes by one id, the one on record: where a site's qsub prints the number alone, its own PBS_JOBID is another
 * spelling of it, and what waits for the one would seem not to wait for the other.
 */
function asOnRecord(start: StartMarker, jobs: readonly JobRecord[]): StartMarker {
  const known = jobs.find(({job}) => job !== undefined && start.job !== undefined && isSameJob(job, start.job));
  return known?.job === undefined ? start : {...start, job: known.job};
}
