import type * as z from 'zod/mini';
import {didYouMean, isMap, listNames, own, type Path, type Problem, valueAt} from '../workflow/file/problems.ts';
import {ConfigFile} from './config-schema.ts';

type Issue = z.core.$ZodIssue;

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** What is allowed where the schema itself does not say so; zod's mini form brings no words of its own. */
export function allowed(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type') return `must be ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`;
  if (issue.code === 'too_small') return `must be above ${issue.minimum}`;
  return 'cannot be used';
}

/** What the schema has to say of a configuration, with the path that it is said of. No value is quoted: it may be a secret. */
export function explainConfig(raw: unknown, issues: readonly Issue[], before: Path = []): Problem[] {
  return issues.flatMap((issue) => explainIssue(raw, issue, before));
}

function explainIssue(raw: unknown, issue: Issue, before: Path): Problem[] {
  const path = [...before, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(ConfigFile, path);
    return issue.keys.map((key) => {
      const text = `unknown key; known: ${listNames(known)}${didYouMean(key, known)}`;
      return {path: [...path, key], at: 'key', text};
    });
  }
  if (issue.code === 'invalid_key')
    return [{path, at: 'key', text: `cannot be a key; ${issue.issues[0]?.message ?? issue.message}`}];
  if (issue.code === 'invalid_union') {
    // The branch that takes a value of this kind is the one that was meant.
    const meant = issue.errors.find((branch) => !branch.some(isOfAnotherKind));
    if (meant) return explainConfig(raw, meant, path);
  }
  const value = valueAt(raw, path);
  const last = path.at(-1);
  if (value === undefined && last !== undefined)
    return [{path: path.slice(0, -1), at: 'value', text: `${last} is missing; ${issue.message}`}];
  const kind = issue.code === 'invalid_type' || issue.code === 'invalid_union' ? kindOf(value) : undefined;
  const guess = issue.code === 'invalid_value' && typeof value === 'string' ? issue.values.map(String) : [];
  const meant = typeof value === 'string' ? didYouMean(value, guess) : '';
  return [{path, at: 'value', text: `${kind ? `${kind}; ` : ''}${issue.message}${meant}`}];
}

function isOfAnotherKind({code, path}: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
}

/** What a value is, in words, where that explains why it cannot be used. */
function kindOf(value: unknown): string | undefined {
  if (value === null) return 'is empty';
  if (Array.isArray(value)) return 'is a list';
  if (isMap(value)) return 'is a map';
  if (typeof value === 'number') return 'is a number (it has no quotes)';
  return typeof value === 'boolean' ? 'is true or false (it has no quotes)' : undefined;
}

/** The keys that the schema knows in the map at a path. */
function knownKeys(schema: unknown, path: Path): readonly string[] {
  const {def} = (schema as z.core.$ZodType)._zod as {def: Def}; // all that this walks are zod's
  if (def.innerType) return knownKeys(def.innerType, path);
  if (def.options) return def.options.flatMap((option) => knownKeys(option, path));
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(def.shape ?? {});
  const inside = def.shape ? own(def.shape, String(first)) : (def.valueType ?? def.element);
  return inside ? knownKeys(inside, rest) : [];
}

/** The parts of a zod definition that lead to others. */
interface Def {
  readonly innerType?: unknown;
  readonly options?: readonly unknown[];
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly valueType?: unknown;
  readonly element?: unknown;
}
