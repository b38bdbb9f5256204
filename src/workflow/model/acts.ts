import type {ActRequest} from '../../base/act.ts';
import {overlap, readAbsolutePath} from '../../base/paths.ts';
import {type GraphStep, waitsFor} from './graph.ts';
import {itemsOf} from './items.ts';
import {withNumbers} from './numbers.ts';
import {type PlaceNames, resolvePlace} from './places.ts';
import {HERE} from './ways.ts';
import type {ActStep, Step, TransferStep} from './workflow.ts';

/** Steps that act on the file systems of this cluster. Pure. */

export function isAct(step: Step): step is ActStep {
  return step.kind === 'link' || step.kind === 'move' || step.kind === 'remove';
}

/** What a step asks of the file systems. */
export function requestOf(step: ActStep): ActRequest {
  switch (step.kind) {
    case 'link':
      return {act: 'link', from: step.from, into: step.into};
    case 'move':
      return {act: 'move', from: step.from, to: step.to, below: step.below};
    case 'remove':
      return {act: 'remove', paths: step.paths, below: step.below};
  }
}

/** In one line, for people. */
export function actInWords(step: ActStep): string {
  switch (step.kind) {
    case 'link':
      return `link ${step.from} into ${step.into.join(', ')}`;
    case 'move':
      return `move ${step.from} to ${step.to}`;
    case 'remove':
      return `remove ${step.paths.join(', ')}`;
  }
}

/** What is not where it was when the step has succeeded. */
function takenAway(step: ActStep): readonly string[] {
  if (step.kind === 'link') return [];
  return step.kind === 'move' ? [step.from] : step.paths;
}

/** A transfer that reads or writes what an act takes away, which is on record for that act. */
export interface Touched {
  readonly step: ActStep;
  readonly path: string;
  readonly transfer: string;
}

/**
 * Transfers that read or write what other steps remove or move. One that waits for the act begins after it, and is none of
 * these.
 *
 * @param names where collections show the paths of the cluster; where that is not known, a path is taken for the same on
 *   any collection
 */
export function touchedBy(steps: readonly Step[], names: PlaceNames): Touched[] {
  const transfers = steps.filter((step) => step.kind === 'transfer');
  return steps
    .filter(isAct)
    .flatMap((step) =>
      takenAway(first(step)).flatMap((path) =>
        transfers
          .filter((transfer) => reaches(first(transfer), path, names) && !isBehind(steps, transfer.name, step.name))
          .map((transfer) => ({step, path, transfer: transfer.name})),
      ),
    );
}

/** As the first attempt has it: its numbers cannot be compared before. */
function first<S extends Step>(step: S): S {
  return step.numbered ? withNumbers(step, {round: 1, try: () => 1}) : step;
}

function reaches(transfer: TransferStep, path: string, names: PlaceNames): boolean {
  const shown = resolvePlace(path, names);
  return itemsOf(transfer).some((item) =>
    [
      {...transfer.from, path: item.from},
      {...transfer.to, path: item.to},
    ].some((end) => {
      const at = readAbsolutePath(end.path);
      if (typeof at === 'string') return false;
      if (transfer.via) return end.collection === HERE && overlap(at.path, path);
      if (typeof shown === 'string') return overlap(at.path, path);
      const mapped = readAbsolutePath(shown.place.path);
      return shown.place.collection === end.collection && typeof mapped !== 'string' && overlap(at.path, mapped.path);
    }),
  );
}

/** Whether a step has succeeded whenever another one begins. */
export function isNeeded(steps: readonly GraphStep[], name: string, by: string): boolean {
  return reachable(steps, by, ({needs}) => needs).has(name);
}

/** Whether a step waits for another one, directly or not. */
function isBehind(steps: readonly GraphStep[], name: string, other: string): boolean {
  return reachable(steps, name, waitsFor).has(other);
}

function reachable(
  steps: readonly GraphStep[],
  from: string,
  before: (step: GraphStep) => readonly string[],
): ReadonlySet<string> {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const found = new Set<string>();
  const open = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const step = byName.get(next);
    for (const name of step ? before(step) : [])
      if (!found.has(name)) {
        found.add(name);
        open.push(name);
      }
  }
  return found;
}

/** The steps with the transfers on record whose data each act takes away. */
export function withTouched(steps: readonly Step[], names: PlaceNames): readonly Step[] {
  const touched = touchedBy(steps, names);
  return steps.map((step) => {
    const transfers = [...new Set(touched.filter((one) => one.step === step).map(({transfer}) => transfer))];
    return transfers.length > 0 && (step.kind === 'move' || step.kind === 'remove')
      ? {...step, touches: transfers}
      : step;
  });
}
