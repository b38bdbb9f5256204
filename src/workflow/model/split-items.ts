import type {Step} from './workflow.ts';

/** How many items go into one submission. Globus names no bound; a document of so many has a few megabytes (decision 0013). */
export const ITEMS_A_TASK = 10_000;

const LONGEST_NAME = 63;

/** The names of the steps that one with so many items becomes; its own when one task takes them all. */
function partNames(name: string, items: number, most = ITEMS_A_TASK): readonly string[] {
  const parts = Math.ceil(items / most);
  return parts <= 1 ? [name] : Array.from({length: parts}, (_, index) => `${name}-${index + 1}`);
}

/** Why the parts of a step cannot have their names; undefined when they can. Pure. */
export function wrongParts(name: string, items: number, others: ReadonlySet<string>): string | undefined {
  const parts = partNames(name, items);
  if (parts.length === 1) return undefined;
  const why = `has ${items} items, which become the steps ${parts[0]} to ${parts.at(-1)}`;
  const taken = parts.find((part) => others.has(part));
  if (taken !== undefined) return `${why}; there is a step ${taken} already: rename one of them`;
  return parts.every((part) => part.length <= LONGEST_NAME) ? undefined : `${why}; that is too long a name: shorten it`;
}

/**
 * A transfer of more items than one submission takes becomes several ordinary transfers, and what names it names all
 * of them: the engine knows one task a step. Pure.
 */
export function splitItems(steps: readonly Step[], most = ITEMS_A_TASK): Step[] {
  const parts = new Map(
    steps.map((step) => [
      step.name,
      partNames(step.name, step.kind === 'transfer' ? (step.items?.length ?? 0) : 0, most),
    ]),
  );
  const all = (names: readonly string[]) => names.flatMap((name) => parts.get(name) ?? [name]);
  return steps.flatMap((step): Step[] => {
    const names = parts.get(step.name) ?? [step.name];
    const common = {needs: all(step.needs), onFailureOf: all(step.onFailureOf), after: all(step.after)};
    if (step.kind !== 'transfer' || names.length === 1) return [{...step, ...common}];
    return names.map((name, index) => {
      const items = step.items?.slice(index * most, (index + 1) * most) ?? [];
      return {...step, ...common, name, items, recursive: items.some((item) => item.recursive)};
    });
  });
}
