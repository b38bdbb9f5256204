import {waitsFor} from './graph.ts';
import {stretchOf} from './rounds.ts';
import type {TransferStep, Workflow} from './workflow.ts';

/** A transfer of what jobs of the workflow make. */
export interface StageOut {
  readonly step: TransferStep;
  /** the jobs that make it: those that it waits for, also by way of steps that are none */
  readonly fillers: readonly string[];
}

/** The transfers of a workflow that wait for jobs, in its order. Pure. */
export function stageOuts(workflow: Pick<Workflow, 'steps'>): readonly StageOut[] {
  const known = found.get(workflow);
  if (known) return known;
  const outs = findStageOuts(workflow);
  found.set(workflow, outs);
  return outs;
}

/** They are asked for at each submission of a job, and a workflow may have thousands. */
const found = new WeakMap<object, readonly StageOut[]>();

function findStageOuts({steps}: Pick<Workflow, 'steps'>): StageOut[] {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const fillersOf = new Map<string, ReadonlySet<string>>();
  /** the jobs among what a step waits for, or before that */
  const before = (name: string): ReadonlySet<string> => {
    const known = fillersOf.get(name);
    if (known) return known;
    const jobs = new Set<string>();
    fillersOf.set(name, jobs);
    for (const other of waitsFor(byName.get(name) ?? {needs: [], onFailureOf: [], after: []}))
      if (byName.get(other)?.kind === 'job') jobs.add(other);
      else for (const job of before(other)) jobs.add(job);
    return jobs;
  };
  return steps.flatMap((step) => {
    const fillers = step.kind === 'transfer' ? [...before(step.name)] : [];
    return step.kind === 'transfer' && fillers.length > 0 ? [{step, fillers}] : [];
  });
}

/** All that is done again when what a transfer moves is made again: its jobs, and what stands between them and it. Pure. */
export function stretchOfOutput({steps}: Pick<Workflow, 'steps'>, {step, fillers}: StageOut): string[] {
  const stretch = new Set(fillers.flatMap((job) => [job, ...stretchOf(steps, job, step.name)]));
  return steps.flatMap(({name}) => (stretch.has(name) ? [name] : []));
}
