import {createHash} from 'node:crypto';
import {type ComparableStep, comparableForm} from './comparable-form.ts';
import type {Workflow} from './workflow.ts';

/**
 * What two workflows have in common exactly when they do the same work: a sha256 in hex.
 *
 * @param scripts contents of each job step's script, by step name
 * @throws {RangeError} when a job step's script is not among them
 */
export function fingerprint(workflow: Workflow, scripts: ReadonlyMap<string, Uint8Array | string>): string {
  const {params, steps, claims} = comparableForm({workflow, scriptHashes: hashScripts(scripts)});
  const entries = Object.entries(steps).map(([name, step]) => [name, withoutDefaults(step)]);
  return sha256(canonicalJson({version: 1, params, steps: Object.fromEntries(entries), claims}));
}

/** The sha256 in hex of each script, by step name. */
export function hashScripts(scripts: ReadonlyMap<string, Uint8Array | string>): Record<string, string> {
  return Object.fromEntries([...scripts].map(([step, contents]) => [step, sha256(contents)]));
}

/** JSON with sorted keys and no white space: equal values have equal texts. Keys without a value are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)) // by code unit: the same in every locale
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
    return `{${entries.join(',')}}`;
  }
  const json = JSON.stringify(value);
  if (json === undefined || (typeof value === 'number' && !Number.isFinite(value)))
    throw new RangeError(`${typeof value} has no place in JSON`);
  return json;
}

const DEFAULTS: Readonly<Record<string, unknown>> = {verify_checksum: true, preserve_timestamp: false, encrypt: false};

/**
 * A step without what is at its default. A later version of stage that knows more keys then still finds the
 * fingerprint of a run that is under way when it is installed.
 */
function withoutDefaults(step: ComparableStep): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(step).filter(
      ([key, value]) =>
        !(Object.hasOwn(DEFAULTS, key) && DEFAULTS[key] === value) &&
        !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
    ),
  );
}

function sha256(contents: Uint8Array | string): string {
  return createHash('sha256').update(contents).digest('hex');
}
