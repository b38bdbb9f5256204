import {type ActProgress, type ActScope, NO_PROGRESS} from '../../base/act.ts';
import type {ActIntent, ActRecord} from '../run-facts.ts';
import type {AttemptFacts} from './attempt-facts.ts';

/** What is on record of the act of an attempt. */
export function foldAct(facts: AttemptFacts): ActRecord | undefined {
  const intents: ActIntent[] = numbered(facts, 'act.intent');
  const [first] = intents;
  if (!first) return undefined;
  const steps: (ActProgress & {readonly at: number})[] = numbered(facts, 'act.progress');
  const from = Math.max(
    0,
    intents.findLastIndex(({anew}) => anew),
  );
  return {
    at: first.at,
    updates: first.updates,
    intents: intents.length,
    scope: intents.slice(from).reduce(together, undefined) ?? first,
    steps: steps.length,
    progress: steps.at(-1) ?? NO_PROGRESS,
  };
}

function together(before: ActScope | undefined, next: ActScope): ActScope {
  if (!before) return next;
  return {...next, things: [...before.things, ...next.things], copyBytes: before.copyBytes + next.copyBytes};
}

/** Facts `NAME-1`, `NAME-2`, … up to the first that is missing; they have been read by their schema. */
function numbered<T>(facts: AttemptFacts, name: string): T[] {
  const found: T[] = [];
  for (let number = 1; ; number++) {
    const fact = facts.get(`${name}-${number}`);
    if (!fact) return found;
    found.push(fact as T);
  }
}
