import {existsSync, readFileSync} from 'node:fs';
import type {Scenario} from '../../support/scenarios.ts';
import type {Wrong} from '../../support/verify.ts';
import type {World} from '../../support/world.ts';

/**
 * What scripts and their markers tell of executions, when jobs may have been killed while they ran: an attempt belongs to
 * one job, and nothing succeeds twice.
 */
export function wrongClaims(world: World, {run, begun}: Scenario): Wrong[] {
  const lines = existsSync(begun) ? readFileSync(begun, 'utf8').split('\n').filter(Boolean) : [];
  const jobs = new Map<string, Set<string>>();
  for (const line of lines) {
    const attempt = line.slice(0, line.lastIndexOf(' '));
    jobs.set(attempt, (jobs.get(attempt) ?? new Set()).add(line.slice(attempt.length + 1)));
  }
  const twice = [...jobs].filter(([, ids]) => ids.size > 1);
  const successes = new Map<string, number>();
  for (const fact of world.facts(run)) {
    const [, step, index = ''] = /^([^.]+)\.\d+\.(?:(i\d+)\.)?end\.\d+\.json$/.exec(fact) ?? [];
    if (!step) continue;
    const {exit, terminated, earlier} = world.fact(run, fact);
    if (exit === 0 && terminated !== true && earlier === undefined)
      successes.set(`${step} ${index}`, (successes.get(`${step} ${index}`) ?? 0) + 1);
  }
  return [
    ...twice.map(
      ([attempt, ids]): Wrong => ({
        kind: 'duplicate',
        what: `${run}: attempt "${attempt}" was run by ${[...ids].join(' and ')}`,
      }),
    ),
    ...[...successes].flatMap(([what, count]): Wrong[] =>
      count > 1 ? [{kind: 'duplicate', what: `${run}: ${what} succeeded ${count} times`}] : [],
    ),
  ];
}
