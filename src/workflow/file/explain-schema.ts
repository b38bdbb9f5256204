import type * as z from 'zod';
import {linkSchema, moveSchema, removeSchema} from './act-schema.ts';
import {claimKeys} from './limits-schema.ts';
import {didYouMean, isMap, listNames, type Path, type Problem, quote, UNCLEAR, valueAt} from './problems.ts';
import {
  COLLECTION_NAME,
  deleteSchema,
  ENV_NAME,
  fileSchema,
  jobSchema,
  mkdirSchema,
  type NameRule,
  PARAM_NAME,
  RESOURCE_NAME,
  redoFromSchema,
  STEP_NAME,
  stepSchema,
} from './schema.ts';
import {filterSchema, itemSchema, transferSchema} from './transfer-schema.ts';

type Issue = z.core.$ZodIssue;

const FILE_KEYS = Object.keys(fileSchema.shape);
const STEP_KEYS = Object.keys(stepSchema.shape);
const TRANSFER_KEYS = Object.keys(transferSchema.shape);
const ITEM_KEYS = Object.keys(itemSchema.shape);
const FILTER_KEYS = Object.keys(filterSchema.shape);
const DELETE_KEYS = Object.keys(deleteSchema.shape);
const REDO_FROM_KEYS = Object.keys(redoFromSchema.shape);
const MKDIR_KEYS = Object.keys(mkdirSchema.shape);
const LINK_KEYS = Object.keys(linkSchema.shape);
const MOVE_KEYS = Object.keys(moveSchema.shape);
const REMOVE_KEYS = Object.keys(removeSchema.shape);
const JOB_KEYS = Object.keys(jobSchema.shape);
/** Keys of a step as other tools have them. */
const SPELLED_OTHERWISE: Readonly<Record<string, string>> = {
  always: 'write "when: always"',
  retry: 'write "retries: 3"',
};
/** What people write beside `script` although PBS has it as a resource. */
const COMMON_RESOURCES = ['walltime', 'select', 'place', 'ncpus', 'mem', 'nodes'];

/**
 * What a schema has to say of a file, in our words, with the value that it is said of.
 *
 * @param unknown what is wrong with a key that is not known; for the workflow file when absent
 */
export function explainSchema(raw: unknown, error: z.ZodError, unknown = explainUnknownKey): Problem[] {
  return error.issues.flatMap((issue) => explainIssue(raw, issue, [], unknown));
}

function explainIssue(raw: unknown, issue: Issue, before: Path, unknown: typeof explainUnknownKey): Problem[] {
  const path = [...before, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({path: [...path, key], at: 'key', text: unknown(path, key)}));
  if (issue.code === 'invalid_union') {
    // The branch that came furthest is the one that was meant: a list with one wrong name in it is a list.
    const deeper = issue.errors.find((branch) => branch.some((inner) => inner.path.length > 0));
    if (deeper !== undefined) return deeper.flatMap((inner) => explainIssue(raw, inner, path, unknown));
  }
  const value = valueAt(raw, path);
  if (value === UNCLEAR) return [];
  const last = path.at(-1);
  if (value === undefined && last !== undefined)
    return [{path: path.slice(0, -1), at: 'key', text: `${last} is missing; ${issue.message}`}];
  const guess = issue.code === 'invalid_value' && typeof value === 'string' ? issue.values.map(String) : [];
  const meant = typeof value === 'string' ? didYouMean(value, guess) : '';
  return [{path, at: 'value', text: `${describe(value, issue.message)}; ${issue.message}${meant}`}];
}

/** What a value is, in words. */
function describe(value: unknown, allowed: string): string {
  if (value === null) return 'is empty';
  if (Array.isArray(value)) return value.length === 0 ? 'is an empty list' : 'is a list';
  if (isMap(value)) return Object.keys(value).length === 0 ? 'is an empty map' : 'is a map';
  if (value === '') return 'is empty text';
  const number = /^needs a (whole number|duration)/.test(allowed);
  if (number && typeof value === 'number') return `${value} cannot be used`;
  if (allowed.startsWith('needs a whole number') && typeof value === 'string' && /^\d+$/.test(value))
    return `${quote(value)} is text`;
  if (typeof value === 'string') return `${quote(value)} cannot be used`;
  // YAML makes numbers and switches of what has no quotes.
  const quotes = /^needs (a map|a list|a whole number|true)/.test(allowed) ? '' : ' (it has no quotes)';
  return `is ${typeof value === 'number' ? 'a number' : 'true or false'}${quotes}`;
}

function explainUnknownKey(parent: Path, key: string): string {
  const known = knownKeys(parent);
  const elsewhere = rightPlace(parent, key);
  return `unknown key; ${elsewhere ?? `known: ${listNames(known)}`}${elsewhere ? '' : didYouMean(key, known)}`;
}

function knownKeys(parent: Path): readonly string[] {
  if (parent.length === 0) return FILE_KEYS;
  if (parent[0] === 'claims') return parent.includes('until') ? ['step', 'has'] : claimKeys;
  if (parent.length === 2) return STEP_KEYS;
  if (parent[3] === 'items') return ITEM_KEYS;
  if (parent[3] === 'filters') return FILTER_KEYS;
  if (parent[2] === 'delete') return DELETE_KEYS;
  if (parent[2] === 'mkdir') return MKDIR_KEYS;
  if (parent[2] === 'link') return LINK_KEYS;
  if (parent[2] === 'move') return MOVE_KEYS;
  if (parent[2] === 'remove') return REMOVE_KEYS;
  if (parent[2] === 'redo_from') return REDO_FROM_KEYS;
  return parent[2] === 'transfer' ? TRANSFER_KEYS : JOB_KEYS;
}

/** Where a key belongs that is known, but not here. */
function rightPlace(parent: Path, key: string): string | undefined {
  if (parent[0] === 'claims') return undefined;
  const inJob = parent[2] === 'job';
  const inStep = parent.length === 2;
  if (inStep && Object.hasOwn(SPELLED_OTHERWISE, key)) return SPELLED_OTHERWISE[key];
  if (inJob && COMMON_RESOURCES.includes(key)) return 'it belongs inside "resources"';
  if (parent.length === 3 && STEP_KEYS.includes(key)) return `it belongs to the step, beside "${parent[2]}"`;
  if (inStep && TRANSFER_KEYS.includes(key)) return 'it belongs inside "transfer"';
  if (inStep && JOB_KEYS.includes(key)) return 'it belongs inside "job"';
  if (inStep && COMMON_RESOURCES.includes(key)) return 'it belongs inside "resources" of "job"';
  return undefined;
}

/** Names that the maps of the file may not have as keys. */
export function checkNames(raw: unknown): Problem[] {
  const names = (path: Path, rule: NameRule): Problem[] => {
    const map = valueAt(raw, path);
    return Object.keys(isMap(map) ? map : {})
      .filter((name) => !rule.pattern.test(name))
      .map((name) => ({path: [...path, name], at: 'key', text: `${quote(name)} cannot be used; ${rule.allowed}`}));
  };
  const steps = valueAt(raw, ['steps']);
  return [
    ...names(['collections'], COLLECTION_NAME),
    ...names(['params'], PARAM_NAME),
    ...names(['steps'], STEP_NAME),
    ...Object.keys(isMap(steps) ? steps : {}).flatMap((step) => [
      ...names(['steps', step, 'job', 'resources'], RESOURCE_NAME),
      ...names(['steps', step, 'job', 'env'], ENV_NAME),
    ]),
  ];
}
