import {overlapping, withDependents} from '../model/claims.ts';
import {toClaims} from '../model/claims-form.ts';
import type {Step} from '../model/workflow.ts';
import {isMap, listNames, type Path, type Problem, quote} from './problems.ts';
import type {WorkflowFile} from './schema.ts';

/** What is wrong with the claims of a file whose form is right. @param steps in their normal form, as far as the graph goes */
export function checkClaims(file: Pick<WorkflowFile, 'claims'>, steps: readonly Step[]): Problem[] {
  const claims = toClaims(file.claims);
  const names = new Set(steps.map(({name}) => name));
  const wrong = (pool: string, key: readonly string[], text: string): Problem => {
    const path: Path = ['claims', pool, ...key];
    return {path, at: 'value', text};
  };
  const problems = claims.flatMap(({pool, amount, factor, from, until}): Problem[] => {
    const untilPath = isMap(file.claims?.[pool]?.until) ? ['until', 'step'] : ['until'];
    const unknown = [
      ...(names.has(from)
        ? []
        : [wrong(pool, ['from'], `unknown step ${quote(from)}; known: ${listNames([...names])}`)]),
      ...(names.has(until.step)
        ? []
        : [wrong(pool, untilPath, `unknown step ${quote(until.step)}; known: ${listNames([...names])}`)]),
    ];
    if (unknown.length > 0) return unknown;
    const source = steps.find(({name}) => name === from);
    return [
      ...(withDependents(steps, from).has(until.step)
        ? []
        : [
            wrong(
              pool,
              untilPath,
              `${quote(until.step)} does not come after ${quote(from)}, with which the claim begins`,
            ),
          ]),
      ...(amount === 'auto' && source?.kind !== 'transfer'
        ? [
            wrong(
              pool,
              ['amount'],
              `auto is what the source of a transfer holds, and ${quote(from)} is none; say an amount`,
            ),
          ]
        : []),
      ...(factor !== undefined && amount !== 'auto'
        ? [wrong(pool, ['factor'], 'has no meaning without "amount: auto"; leave it out')]
        : []),
    ];
  });
  if (problems.length > 0) return problems;
  const [, second] = overlapping({steps, claims}) ?? [];
  if (!second) return [];
  const others = claims.filter(({pool}) => pool !== second.pool).map(({pool}) => pool);
  return [
    wrong(
      second.pool,
      [],
      `would be held together with ${listNames(others)}, and a run that waits for one pool while it holds another could wait for ever; let "from" of one need "until" of the other`,
    ),
  ];
}
