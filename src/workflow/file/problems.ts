import {nearest} from '../../base/nearest.ts';
import {EXIT, StageError} from '../../errors.ts';

/** Keys and list positions that lead to a value, such as `['steps', 'compute', 'needs', 0]`. */
export type Path = readonly (string | number)[];

/**
 * Stands for a text whose parameters are not known. That has been told of once; every check is silent on it,
 * because what it would make of the remains could only confuse.
 */
export const UNCLEAR: unique symbol = Symbol('unclear');

/** Of the mistakes in one list or batch file so many are shown. */
export const MISTAKES_SHOWN = 10;

/** One mistake in a workflow, before it is known where that is for the person who made it. */
export interface Problem {
  readonly path: Path;
  /** whether the key is wrong (unknown, or something is missing beneath it) or its value */
  readonly at: 'key' | 'value';
  /** what is wrong; what is allowed; perhaps what was meant */
  readonly text: string;
  /** where in the file it stands, when the path alone does not tell */
  readonly offset?: number;
}

/** The workflow cannot be used as it is written. Nothing was changed. `details` has a line for every mistake. */
export class WorkflowInvalid extends StageError {
  constructor(subject: string, details: readonly string[], next: readonly string[]) {
    const mistakes = details.length === 1 ? '1 mistake' : `${details.length} mistakes`;
    super({
      code: 'WORKFLOW_INVALID',
      exit: EXIT.usage,
      what: `${subject} has ${mistakes}`,
      why: 'a workflow is checked as a whole before anything is started; nothing was changed',
      next,
      details,
    });
  }
}

/** `steps.compute.needs[0]`; keys that could be misread are quoted, and long ones cut. */
export function renderPath(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      return `${index === 0 ? '' : '.'}${/^[\w-]+$/.test(key) && key.length <= 230 ? key : quote(key)}`;
    })
    .join('');
}

/** Words of a user as one line, cut when they are long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}

/** `; did you mean "compute"?`, or nothing when no known name is close. */
export function didYouMean(word: string, known: readonly string[]): string {
  const name = nearest(word, known);
  return name === undefined ? '' : `; did you mean ${quote(name)}?`;
}

/** `a, b and c`; of a long list the first dozen and how many more there are. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 12);
  if (names.length > shown.length) return `${shown.join(', ')} and ${names.length - shown.length} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** A YAML map or JSON object, as opposed to a list, text, number, switch or nothing. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The own value of a key; never what every JavaScript object inherits, such as `constructor`. */
export function own<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** What stands at a path of keys and indices; undefined where nothing does. */
export function valueAt(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const key of path) {
    if (Array.isArray(value) && typeof key === 'number') value = value[key];
    else if (isMap(value)) value = own(value, String(key));
    else return undefined;
  }
  return value;
}
