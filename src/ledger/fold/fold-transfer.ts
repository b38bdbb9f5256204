import type {TaskId} from '../../base/ids.ts';
import type {SourceTotals} from '../../base/source-totals.ts';
import {
  type Attempt,
  type Refusal,
  type SignInDemand,
  SOURCE_FACT,
  type TaskLater,
  type TransferIntent,
  type TransferRecord,
} from '../run-facts.ts';
import {type AttemptFacts, foldAbsence} from './attempt-facts.ts';

/** What is on record of the task of an attempt. */
export function foldTransfer(facts: AttemptFacts): TransferRecord | undefined {
  const intent = facts.get('transfer.intent') as TransferIntent | undefined;
  if (!intent) return undefined;
  const confirmed = facts.get('transfer.confirmed') as {task: TaskId; at: number; byLabel?: true} | undefined;
  const refused = facts.get('transfer.refused') as Refusal | undefined;
  const cancel = facts.get('transfer.cancel.intent');
  const forced = ('adopted' in intent && intent.forced) || facts.has('transfer.forced');
  return {
    intent,
    ...(confirmed ? {task: confirmed.task, confirmedAt: confirmed.at} : {}),
    foundByLabel: confirmed?.byLabel,
    forced: forced ? (true as const) : undefined,
    refused: refused || undefined,
    ...foldPutOff(facts, !confirmed && !refused),
    cancelIntended: cancel !== undefined,
    cancelReason: typeof cancel?.why === 'string' ? cancel.why : undefined,
    cancelled: facts.has('transfer.cancel.confirmed'),
    ...foldAbsence('transfer', facts),
  };
}

/** A listing of what the step moved before a person had it move something else is of no use. */
export function foldSource(facts: AttemptFacts, changedBy: number): SourceTotals | undefined {
  const source = facts.get(SOURCE_FACT) as (SourceTotals & {updates?: number}) | undefined;
  return source && (source.updates ?? 0) >= changedBy ? source : undefined;
}

/** @param open neither a task nor a final refusal is known */
function foldPutOff(facts: AttemptFacts, open: boolean): Pick<TransferRecord, 'putOff' | 'tries'> {
  const later: TaskLater[] = [];
  for (let number = 1; ; number++) {
    const one = facts.get(`transfer.later-${number}`) as unknown as TaskLater | undefined;
    if (!one) break;
    later.push(one);
  }
  let begun = 1;
  while (facts.has(`transfer.again-${begun + 1}`)) begun++;
  const [first, last] = [later[0], later.at(-1)];
  const answered = open && first && last && later.length >= begun;
  return {
    tries: {refused: later.length, begun},
    putOff: answered ? {...last, since: first.at, times: later.length} : undefined,
  };
}

/** What Globus wanted last before it takes the transfer. */
export function foldSignIn(facts: AttemptFacts): Pick<Attempt, 'signIn'> {
  let newest: Pick<Attempt, 'signIn'> = {};
  for (let number = 1; ; number++) {
    const demand = facts.get(`transfer.sign-in-${number}`) as SignInDemand | undefined;
    if (!demand) return newest;
    newest = {signIn: {...demand, number}};
  }
}
