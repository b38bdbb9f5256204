import {readBytes} from '../../base/bytes.ts';
import type {WorkflowFile} from '../file/schema.ts';
import type {PoolClaim} from './workflow.ts';

/** The claims of a file in their normal form, in the order of their names. */
export function toClaims(claims: WorkflowFile['claims']): PoolClaim[] {
  return Object.entries(claims ?? {})
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([pool, {amount, factor, from, until}]) => ({
      pool,
      amount: amount === 'auto' ? 'auto' : (readBytes(amount) ?? 0), // found right: it is one
      ...(factor === undefined ? {} : {factor: Number(factor)}),
      from,
      until: typeof until === 'string' ? {step: until, has: 'succeeded'} : until,
    }));
}

/** The slots of a step by the name of the limit, in the order of their names; undefined when it uses none. */
export function toUses(uses: WorkflowFile['steps'][string]['uses']): Readonly<Record<string, number>> | undefined {
  if (uses === undefined) return undefined;
  const entries =
    typeof uses === 'string'
      ? [[uses, 1] as const]
      : Array.isArray(uses)
        ? uses.map((name) => [name, 1] as const)
        : Object.entries(uses).map(([name, slots]) => [name, Number(slots)] as const);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
