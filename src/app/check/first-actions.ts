import type {JobId} from '../../base/job-id.ts';
import type {FactValue} from '../../disk/facts.ts';
import type {Action, PlanSettings} from '../../engine/plan/actions.ts';
import {beginsAtGlobus, planRun} from '../../engine/plan/plan-run.ts';
import {foldRun} from '../../ledger/fold/fold-run.ts';
import {attemptKey, jobKey, type RunSpec} from '../../ledger/run-facts.ts';
import type {Strategy} from '../../workflow/model/workflow.ts';

const SETTINGS: Omit<PlanSettings, 'strategy' | 'stagingJobs'> = {
  lostGraceMs: 0,
  refusedRetryMs: 0,
  lostAttempts: 1,
  rebuild: false,
};

/** A job as it would be submitted; the made-up id stands for the one PBS would give. */
export interface Foreseen {
  readonly action: Action;
  readonly job?: JobId;
}

/**
 * What `stage run` would do at once for a new run, by the very planner that does it, with PBS and Globus
 * saying yes to everything. Pure.
 *
 * @param settings what the profile says of jobs of our own
 */
export function foresee(
  spec: RunSpec,
  settings: {readonly strategy: Strategy; readonly stagingJobs: boolean},
): Foreseen[] {
  const facts = new Map<string, FactValue>();
  const foreseen: Foreseen[] = [];
  for (;;) {
    const seen = {now: 0, jobs: new Map(), tasks: new Map(), tags: new Map()};
    const actions = planRun(foldRun(spec, facts), seen, {...SETTINGS, ...settings}).filter(
      (action) => action.do === 'submit-job' || action.do === 'act' || beginsAtGlobus(action),
    );
    const before = facts.size;
    for (const action of actions) {
      if (action.do === 'submit-transfer') {
        const key = `${attemptKey(action.step, action.attempt)}.transfer`;
        if (facts.has(`${key}.intent`)) continue;
        facts.set(`${key}.intent`, {at: 0});
        facts.set(`${key}.confirmed`, {at: 0, task: action.step});
        foreseen.push({action});
      } else if (action.do === 'make-directory' || action.do === 'act') {
        facts.set(`${attemptKey(action.step, action.attempt)}.outcome`, {at: 0, state: 'succeeded', why: ''});
        foreseen.push({action});
      } else if (action.do === 'submit-job') {
        const key = jobKey(action.step, action.attempt, action.role, action.serial);
        const job = (action.role === 'job' ? action.step : `${action.role} of ${action.step}`) as JobId; // a made-up id: nothing is submitted
        facts.set(`${key}.intent`, {
          at: 0,
          tag: key,
          hold: action.hold,
          dependsOn: action.dependencies.flatMap(({jobs}) => jobs),
        });
        facts.set(`${key}.confirmed`, {at: 0, job});
        foreseen.push({action, job});
      }
    }
    if (facts.size === before) return foreseen;
  }
}
