import {endOf, workingAttempt} from '../../../ledger/attempts.ts';
import type {Attempt, RunState} from '../../../ledger/run-facts.ts';
import type {ActStep} from '../../../workflow/model/workflow.ts';
import type {Action} from '../actions.ts';
import {planUnconfirmedJobs} from '../jobs/plan-unconfirmed-jobs.ts';
import {endUnbegun, holdOn, isPausing, type View, verdictOf} from '../view.ts';
import {endOfAct} from './act-end.ts';
import {planActJob} from './plan-act-job.ts';

/** What to do about a step that links, moves or removes files of this cluster. Pure. Any look does it, as far as it may. */
export function planActStep(view: View, step: ActStep): Action[] {
  const {run} = view;
  const intents = planUnconfirmedJobs(view, step.name);
  if (endOf(run, step.name) || isPausing(view, step.name)) return intents;
  const attempt = workingAttempt(run, step.name);
  return [...intents, ...(attempt.act ? planBegun(view, step, attempt) : planFirst(view, step, attempt))];
}

function planFirst(view: View, step: ActStep, {number}: Attempt): Action[] {
  const verdict = verdictOf(view, step);
  switch (verdict.is) {
    case 'met': {
      const kept = keptBySkipped(view.run, step);
      if (kept !== undefined)
        return [{do: 'end-step', step: step.name, attempt: number, state: 'failed', why: kept, final: true}];
      return holdOn(view.run, step.name) ? [] : [{do: 'act', step: step.name, attempt: number, why: verdict.why}];
    }
    case 'waiting':
    case 'later':
      return [];
    case 'impossible':
      return [endUnbegun(view, step.name, verdict.why)];
  }
}

/** Part of it is on record, and perhaps done. */
function planBegun(view: View, step: ActStep, attempt: Attempt): Action[] {
  const {act, number} = attempt;
  if (!act) return [];
  const of = {step: step.name, attempt: number};
  if (act.progress.finished) return [{do: 'end-step', ...of, ...endOfAct(step, act)}];
  if (wasChanged(view.run, step.name, act.updates))
    return [{do: 'void-attempt', ...of, why: 'the step was changed since'}];
  const verdict = verdictOf(view, step);
  const job = planActJob(view, step, attempt, act, verdict);
  if (job) return job;
  if (verdict.is === 'impossible') return [{do: 'act', ...of, stop: true, why: verdict.why}];
  if (verdict.is !== 'met' || holdOn(view.run, step.name)) return [];
  return [{do: 'act', ...of, why: verdict.why}];
}

function wasChanged({updates}: RunState, step: string, known = 0): boolean {
  return updates.slice(known).some(({changed}) => changed.includes(step));
}

/** Why nothing of it is taken away: a transfer that carries it on went on without some of its files. */
function keptBySkipped(run: RunState, step: ActStep): string | undefined {
  for (const name of step.kind === 'link' ? [] : (step.touches ?? [])) {
    const skipped = run.attempts.has(name) ? (endOf(run, name)?.skippedErrors ?? 0) : 0;
    if (skipped > 0)
      return `${name} skipped ${skipped === 1 ? 'a file that it could not read' : `${skipped} files that it could not read`}, so nothing is ${step.kind === 'move' ? 'moved' : 'removed'}`;
  }
  return undefined;
}
