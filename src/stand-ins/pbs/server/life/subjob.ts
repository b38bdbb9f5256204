import type {Job} from '../store/job.ts';

/** The record of a subjob that has not started, from that of its array. */
export function subjobOf(array: Job, index: number): Job {
  const path = (text: string): string => text.replaceAll('^array_index^', String(index));
  return {
    ...array,
    id: array.id.replace('[]', `[${index}]`),
    array: undefined,
    parent: array.id,
    index,
    state: 'Q',
    substate: 10,
    holds: '',
    depend: [],
    comment: undefined,
    stime: undefined,
    block: undefined,
    runCount: 0,
    resources: {...array.resources},
    outputPath: path(array.outputPath),
    errorPath: path(array.errorPath),
  };
}
