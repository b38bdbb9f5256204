import type {GraphStep} from '../model/graph.ts';
import {stepsCounted} from '../model/numbers.ts';
import {besideStretch, stretchOf} from '../model/rounds.ts';
import {isMap, type Path, type Problem, quote} from './problems.ts';

/** `try.STEP` in the texts of a step names a step that there is. */
export function checkCounted(
  name: string,
  step: Readonly<Record<string, unknown>>,
  names: ReadonlySet<string>,
  explainUnknown: (reference: string, step: string) => string,
): Problem[] {
  const search = (value: unknown, path: Path): Problem[] => {
    if (typeof value === 'string')
      return stepsCounted(value)
        .filter((other) => !names.has(other))
        .map((other): Problem => ({path, at: 'value', text: explainUnknown(other, name)}));
    if (Array.isArray(value)) return value.flatMap((item: unknown, index) => search(item, [...path, index]));
    return isMap(value) ? Object.entries(value).flatMap(([key, item]) => search(item, [...path, key])) : [];
  };
  return search(step, ['steps', name]);
}

/** What the schema cannot see of `redo_from`: where its stretch begins, and who needs a step in the middle of it. */
export function checkRounds(
  steps: Readonly<Record<string, unknown>>,
  graph: readonly GraphStep[],
  explainUnknown: (reference: string, step: string) => string,
): Problem[] {
  return Object.entries(steps).flatMap(([name, step]) => {
    if (!isMap(step) || !isMap(step.redo_from)) return [];
    const path = ['steps', name, 'redo_from'];
    return [
      ...checkOn(path, step, step.redo_from),
      ...checkStretch(path, name, step.redo_from.step, graph, explainUnknown),
    ];
  });
}

function checkOn(path: Path, step: Readonly<Record<string, unknown>>, redo: Readonly<Record<string, unknown>>) {
  const problems: Problem[] = [];
  if (Object.hasOwn(redo, 'at_once_on') && !Object.hasOwn(step, 'job'))
    problems.push({
      path: [...path, 'at_once_on'],
      at: 'key',
      text: 'names exit statuses, which a job alone has; leave it out',
    });
  if (step.when === 'always')
    problems.push({path, at: 'key', text: 'cannot be combined with "when: always"; leave one of them out'});
  return problems;
}

function checkStretch(
  path: Path,
  last: string,
  first: unknown,
  graph: readonly GraphStep[],
  explainUnknown: (reference: string, step: string) => string,
): Problem[] {
  if (typeof first !== 'string') return [];
  const at = (text: string): Problem[] => [{path: [...path, 'step'], at: 'value', text}];
  if (!graph.some(({name}) => name === first)) return at(explainUnknown(first, last));
  const stretch = stretchOf(graph, first, last);
  if (stretch.length === 0)
    return at(`${quote(last)} does not need ${quote(first)}; give a step that it needs, directly or not`);
  const [beside] = besideStretch(graph, first, last);
  if (beside !== undefined)
    return at(
      `${quote(beside)} stands between ${quote(first)} and ${quote(last)} by "after" or "on_failure_of"; ` +
        'only "needs" can lead from the one to the other',
    );
  const inside = new Set(stretch);
  return graph.flatMap(({name, needs}): Problem[] => {
    if (inside.has(name)) return [];
    const inner = needs.find((need) => need !== last && inside.has(need));
    if (inner === undefined) return [];
    return [
      {
        path: ['steps', name, 'needs'],
        at: 'value',
        text:
          `${quote(inner)} may be done again by the rounds of ${quote(last)}, which begin at ${quote(first)}; ` +
          `from outside of these steps only ${quote(last)} can be needed`,
      },
    ];
  });
}
