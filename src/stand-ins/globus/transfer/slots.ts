/** What decides whether a task is worked on now. */
export interface Contender {
  readonly id: string;
  readonly owner: string;
  readonly type: 'TRANSFER' | 'DELETE';
  /** neither paused nor waiting for its next try */
  readonly eligible: boolean;
  /** worked on until now */
  readonly holding: boolean;
}

/** Globus works on three transfers and three deletes a user. Source: Globus Transfer API, limits. */
export const SLOTS = 3;

/**
 * Which tasks are worked on now: those that are keep their turn, then the oldest. Pure.
 *
 * @param contenders unfinished tasks, oldest first
 * @param slots for transfers, and as many for deletes, of each user
 */
export function grantSlots(contenders: readonly Contender[], slots = SLOTS): Set<string> {
  const granted = new Set<string>();
  const used = new Map<string, number>();
  for (const contender of [...contenders.filter((one) => one.holding), ...contenders]) {
    const line = `${contender.owner} ${contender.type}`;
    const taken = used.get(line) ?? 0;
    if (!contender.eligible || granted.has(contender.id) || taken >= slots) continue;
    granted.add(contender.id);
    used.set(line, taken + 1);
  }
  return granted;
}
