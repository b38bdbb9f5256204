import type {Place} from '../../base/task-request.ts';
import {isAct} from './acts.ts';
import type {Step, Workflow} from './workflow.ts';

/** A place that was written by bookmark or as a path of the cluster. */
export interface StepPlace {
  readonly end: 'from' | 'to' | 'at';
  /** as it stands in the workflow file or flag */
  readonly written: string;
  /** `collection:path`, by friendly name where the run has one */
  readonly is: string;
}

/** What the places of a step were called, where that was not `collection:path`. Pure. */
export function writtenPlaces(workflow: Workflow, step: Step): StepPlace[] {
  if (step.kind === 'job' || isAct(step) || workflow.places === undefined) return [];
  const ends: readonly (readonly [StepPlace['end'], Place])[] =
    step.kind === 'transfer'
      ? [
          ['from', step.from],
          ['to', step.to],
        ]
      : [['at', step.at]];
  const names = new Map(Object.entries(workflow.collections).map(([name, id]) => [id, name]));
  const entries = Object.entries(workflow.places);
  return ends.flatMap(([end, is]) => {
    const {collection, path} = is;
    const found = entries.find(([, place]) => isSame(place, is));
    return found ? [{end, written: found[0], is: `${names.get(collection) ?? collection}:${path}`}] : [];
  });
}

function isSame(one: Place, other: Place): boolean {
  return one.collection === other.collection && one.path === other.path;
}
