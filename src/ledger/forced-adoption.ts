import type {RunState} from './run-facts.ts';

/** Did the person who grafted a task onto a step last say that it counts whatever it moves? Pure. */
export function isForced(run: RunState, step: string): boolean {
  const resume = run.resumes.findLast((each) => each.adopt?.[step] !== undefined);
  return resume?.forced?.includes(step) ?? false;
}
