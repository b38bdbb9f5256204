import fc from 'fast-check';
import {type Claim, grantsNow, heldBy, type LimitRecord, nextGrant} from '../../src/limits/grant.ts';

/** What happens to a limit, one thing after the other. */
type Event =
  | {readonly is: 'claim'; readonly amount: number; readonly leaves: number}
  /** everything that may be granted is */
  | {readonly is: 'grant'}
  /** one of the grants that are held is released */
  | {readonly is: 'release'; readonly which: number}
  | {readonly is: 'capacity'; readonly capacity: number};

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({is: fc.constant('claim' as const), amount: fc.nat(4), leaves: fc.constantFrom(0, 0, 2)}),
  fc.record({is: fc.constant('claim' as const), amount: fc.nat(4), leaves: fc.constantFrom(0, 0, 2)}),
  fc.record({is: fc.constant('grant' as const)}),
  fc.record({is: fc.constant('grant' as const)}),
  fc.record({is: fc.constant('release' as const), which: fc.nat(9)}),
  fc.record({is: fc.constant('capacity' as const), capacity: fc.integer({min: -1, max: 6})}),
);

export const history = fc.record({
  capacity: fc.integer({min: -1, max: 6}),
  events: fc.array(event, {maxLength: 12}),
});

/** The record after these events, and what went wrong on the way. */
export function playLimit({capacity: first, events}: {readonly capacity: number; readonly events: readonly Event[]}): {
  readonly record: LimitRecord;
  readonly capacity: number;
  readonly wrong: readonly string[];
} {
  let capacity = first;
  const open: Claim[] = [];
  const granted: Claim[] = [];
  const released = new Set<string>();
  const wrong: string[] = [];
  const held = () => granted.filter(({key}) => !released.has(key));
  for (const [at, each] of events.entries()) {
    if (each.is === 'capacity') capacity = each.capacity;
    if (each.is === 'claim') open.push({key: `c${at}`, amount: each.amount, leaves: each.leaves});
    if (each.is === 'release') {
      const one = held()[each.which];
      if (one) released.add(one.key);
    }
    if (each.is !== 'grant') continue;
    const before = heldBy({granted, released});
    const now = grantsNow({capacity}, {granted, released, open});
    granted.push(...now);
    const sum = held().reduce((all, {amount}) => all + amount, 0);
    const alone = held().filter(({amount}) => amount > 0).length <= 1;
    if (now.length > 0 && sum > capacity && !alone) wrong.push('more is held than the capacity');
    let then = before;
    for (const {amount, leaves = 0} of now) {
      then += amount;
      if (leaves > 0 && then + leaves > capacity) wrong.push('too little is left free');
    }
    if (new Set(granted.map(({key}) => key)).size < granted.length) wrong.push('a claim was granted twice');
    if (before === 0 && now.length === 0 && open.some((one) => !one.leaves && !granted.includes(one)))
      wrong.push('nothing is held, and nothing is granted');
    if (nextGrant({capacity}, {granted, released, open})) wrong.push('what fits was not granted');
    if (sum !== heldBy({granted, released})) wrong.push('what is held is counted wrongly');
  }
  return {record: {granted, released, open}, capacity, wrong};
}

/** Play `runs` histories, or fewer when one goes wrong. @returns undefined when all went as they must */
export async function explore(
  runs: number,
  seed: number,
): Promise<{readonly runs: number; readonly wrong: string} | undefined> {
  const property = fc.property(history, (each) => {
    const [wrong] = playLimit(each).wrong;
    if (wrong) throw new Error(wrong);
  });
  const {failed, numRuns, errorInstance} = fc.check(property, {numRuns: runs, seed, endOnFailure: true});
  return failed ? {runs: numRuns, wrong: String((errorInstance as Error).message)} : undefined; // thrown just above
}
