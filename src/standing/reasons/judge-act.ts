import {amountOfAct, doneInWords} from '../../engine/plan/acts/act-end.ts';
import type {ActRecord} from '../../ledger/run-facts.ts';
import type {ActStep} from '../../workflow/model/workflow.ts';
import type {Reason} from '../standing.ts';
import type {StepFacts} from '../step-facts.ts';
import {type Judgement, judged} from './judgement.ts';
import {causeOf, notBegun} from './not-begun.ts';

/** How a step stands that links, moves or removes files of this cluster, and has not ended. Pure. */
export function judgeAct(facts: StepFacts<ActStep>): Judgement {
  const {act} = facts.attempt;
  const {known, step, verdict, hold} = facts;
  const problem = known.problems?.find(
    ({code, what}) => code === 'FILE_SYSTEM_TROUBLE' && what.startsWith(`${step.name} `),
  );
  if (problem)
    return judged(act ? 'running' : 'waiting', {
      standing: 'trouble',
      code: 'FILE_SYSTEM_TROUBLE',
      what: 'the file system does not let it go on',
      why: causeOf(problem),
      brief: problem.what,
      next: problem.next,
    });
  if (!act || hold || verdict.is !== 'met') return notBegun(facts);
  return judged('running', {...underWay(facts, act), since: act.at});
}

function underWay({view, step, job}: StepFacts<ActStep>, act: ActRecord): Reason {
  const {run} = view.run.spec;
  const fine = {
    standing: 'fine',
    code: 'ACT_UNDER_WAY',
    next: [`Look now, which goes on with it: stage status ${run}`],
  } as const;
  if (!act.scope.whole) return {...fine, what: `it lists what is there: ${act.scope.things.length} so far`};
  const {done, of} = amountOfAct(step, act);
  const far = `${done} of ${of}`;
  const what = `${doneInWords(step, act)}; ${far} seen to`;
  const waits = job?.seen?.kind === 'live' && job.seen.state !== 'running' && job.seen.state !== 'ending';
  if (!job?.id) return {...fine, what, brief: far};
  const next = [`See its job: qstat -f ${job.id}`];
  return {
    ...fine,
    what: `${what}, by job ${job.id}${waits ? ', which waits in the queue' : ''}`,
    brief: `${far}, by job ${job.id}`,
    next,
  };
}
