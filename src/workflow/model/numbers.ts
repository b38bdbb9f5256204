import type {Workflow} from './workflow.ts';

/**
 * `${{ round }}` and `${{ try }}` in the texts of a step: known when an attempt begins, and not before. The normal form
 * keeps them as they are written. Pure.
 *
 * - `round`: 1, and one more for each round in which the step is done again.
 * - `try`: the number of the step's attempt, counted over all rounds; `try.STEP`: that of another step's attempt that counts.
 */

const NUMBER = /^(round|try|try\.([A-Za-z][A-Za-z0-9_-]{0,62}))$/;
const PLACEHOLDER = /\$\{\{ (round|try(?:\.[A-Za-z][A-Za-z0-9_-]{0,62})?) \}\}/g;

/** How one is kept in the normal form. @returns undefined for any other placeholder */
export function numberPlaceholder(inner: string): string | undefined {
  return NUMBER.test(inner) ? `\${{ ${inner} }}` : undefined;
}

/** Whether a text holds what would be read as such a number. */
export function holdsNumbers(text: string): boolean {
  return text.search(PLACEHOLDER) >= 0;
}

/** The steps that a text names as `try.STEP`. */
export function stepsCounted(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].flatMap(([, inner]) => NUMBER.exec(inner ?? '')?.[2] ?? []);
}

export interface Numbers {
  readonly round: number;
  /** @param step another step; the step itself when absent */
  readonly try: (step?: string) => number;
}

/** A step's value with its numbers put into every text of it; keys stay as they are. */
export function withNumbers<T>(value: T, numbers: Numbers): T {
  const put = (one: unknown): unknown => {
    if (typeof one === 'string') return one.replace(PLACEHOLDER, (_, inner: string) => numberFor(inner, numbers));
    if (Array.isArray(one)) return one.map(put);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, put(item)]));
  };
  return put(value) as T; // texts become texts, and all else stays what it is
}

function numberFor(inner: string, {round, try: tries}: Numbers): string {
  if (inner === 'round') return String(round);
  return String(tries(NUMBER.exec(inner)?.[2]));
}

/** A workflow as its first attempts will have it. */
export function withFirstNumbers(workflow: Workflow): Workflow {
  const steps = workflow.steps.map((step) => (step.numbered ? withNumbers(step, {round: 1, try: () => 1}) : step));
  return {...workflow, steps};
}
