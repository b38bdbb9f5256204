import type {FactValue} from '../../disk/facts.ts';
import {absentName, type JobRecord, seenAgainName} from '../run-facts.ts';

/** The facts of one attempt, by what is left of their names without step and attempt. */
export type AttemptFacts = Map<string, FactValue>;

/** Facts named `STEP.ATTEMPT.REST`, as step → attempt → rest. Step names hold no dot. */
export function groupByAttempt(facts: ReadonlyMap<string, FactValue>): Map<string, Map<number, AttemptFacts>> {
  const groups = new Map<string, Map<number, AttemptFacts>>();
  for (const [name, value] of facts) {
    const match = /^([^.]+)\.([1-9][0-9]*)\.(.+)$/.exec(name);
    if (!match) continue;
    const [, step, number, rest] = match as unknown as [string, string, string, string];
    const attempts = groups.get(step) ?? new Map<number, AttemptFacts>();
    groups.set(step, attempts);
    const attempt = attempts.get(Number(number)) ?? new Map<string, FactValue>();
    attempts.set(Number(number), attempt);
    attempt.set(rest, value);
  }
  return groups;
}

/** `absent` and `seen-again` take turns: `absent`, `seen-again`, `absent-2`, `seen-again-2`, … */
export function foldAbsence(name: string, facts: AttemptFacts): Pick<JobRecord, 'absences' | 'absentSince'> {
  let absences = 0;
  let since: number | undefined;
  for (;;) {
    const absent = facts.get(`${name}.${absentName(absences + 1)}`) as {at: number} | undefined;
    if (!absent) return {absences, absentSince: since};
    absences += 1;
    since = facts.has(`${name}.${seenAgainName(absences)}`) ? undefined : absent.at;
  }
}

/** The numbers that stand between a prefix and a suffix in the names of facts. */
export function numbersOf(prefix: string, suffix: string, names: readonly string[]): number[] {
  return names.flatMap((name) =>
    name.startsWith(prefix) && name.endsWith(suffix) ? [Number(name.slice(prefix.length, -suffix.length))] : [],
  );
}
