import type {EngineContext} from '../context.ts';
import type {LookState} from '../look/state.ts';
import type {Budget, PartEnd, PartKind} from './kinds.ts';

/** One thing that a look does in a process of its own. */
export interface LookPart {
  readonly kind: PartKind;
  /** whether there is anything to do, asked of the look: it must not touch what could hang */
  isDue(look: LookState): boolean;
  /** do it, in the other process, which has read nothing yet. Safe to repeat, and to die in anywhere */
  run(context: EngineContext, budget: Budget): Promise<PartEnd>;
}

export function part(kind: PartKind, {isDue, run}: Omit<LookPart, 'kind'>): LookPart {
  return {kind, isDue, run};
}

/** Run the parts of one kind in this process: what the other process does, and what tests do that need none. */
export async function runKind(
  context: EngineContext,
  parts: readonly LookPart[],
  kind: PartKind,
  budget: Budget,
): Promise<PartEnd> {
  let end: PartEnd = 'done';
  for (const one of parts) {
    if (one.kind !== kind) continue;
    if (budget.isSpent()) return 'left';
    if ((await one.run(context, budget)) === 'left') end = 'left';
  }
  return end;
}
