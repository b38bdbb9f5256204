import {isReserved} from '../base/script-environment.ts';
import type {Directives} from '../scheduler/directives/read-directives.ts';
import {readVariables, type Variable} from '../scheduler/directives/variables.ts';

/** Variables by name. */
export type Variables = Readonly<Record<string, string>>;

/** What a script takes from the environment of the process that calls qsub. */
export interface Passed {
  /** `#PBS -V` */
  readonly all: boolean;
  /** `#PBS -v NAME`, without a value */
  readonly names: readonly string[];
}

/** The environment of the person's shell, as it is kept for jobs that other processes may submit. */
export interface KeptEnvironment {
  readonly variables: Variables;
  /** not kept, since their names say that they open something */
  readonly secrets: readonly string[];
  /** not kept, since all together were too long */
  readonly long: readonly string[];
}

/** @param own what the step sets itself: its values count */
export function passedTo(directives: Directives, own: Variables = {}): Passed {
  const bare = variablesOf(directives).filter(({name, value}) => value === undefined && !Object.hasOwn(own, name));
  return {all: directives.wholeEnvironment, names: bare.map(({name}) => name)};
}

/** The `-v` list of a script without what its step sets itself, as it is handed to qsub. */
export function variablesBeside(directives: Directives, own: Variables): string[] {
  const left = variablesOf(directives).filter(({name}) => !Object.hasOwn(own, name));
  return left.map(({name, value}) => (value === undefined ? name : `${name}=${value}`));
}

function variablesOf({variables}: Directives): Variable[] {
  return variables.flatMap((list) => readVariables(list)).map(({name, value}) => ({name: name.trim(), value}));
}

const SECRET = /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|^GLOBUS_/i;
/** What qsub tells of its own environment in any case: PBS_O_PATH and the like (qsub(1B), "Environment Variables"). */
const ALWAYS = ['HOME', 'LANG', 'LOGNAME', 'MAIL', 'PATH', 'PWD', 'SHELL', 'TZ', 'USER'];
/** Set by bin/stage and the shells that start it, and not by the person. */
const NOT_THEIRS = ['STAGE_CLI', '_'];
/** Bytes of all that is kept. */
const MOST = 1024 * 1024;

/**
 * What to keep of an environment for the scripts of a run: what qsub tells of it in any case, and what the scripts take
 * from it; nothing where there is no script. Pure.
 *
 * @param env the person's, at the moment the run is created
 */
export function keepEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  scripts: readonly Passed[],
): KeptEnvironment | undefined {
  if (scripts.length === 0) return undefined;
  const all = scripts.some((script) => script.all);
  const named = new Set(scripts.flatMap(({names}) => names));
  const asked = Object.entries(env).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    return value !== undefined && !NOT_THEIRS.includes(name) && (all || named.has(name) || ALWAYS.includes(name));
  });
  const secrets = asked.map(([name]) => name).filter((name) => SECRET.test(name) && !named.has(name));
  const kept = asked.filter(([name]) => !secrets.includes(name));
  const long = longest(
    kept.filter(([name]) => !named.has(name) && !ALWAYS.includes(name)),
    total(kept) - MOST,
  );
  return {
    variables: Object.fromEntries(kept.filter(([name]) => !long.includes(name))),
    secrets: secrets.sort(),
    long: long.sort(),
  };
}

/** Of what is kept for a run, that which one script is to have. A secret is for the script that names it. */
export function environmentOf(kept: Variables, {all, names}: Passed): Variables | undefined {
  if (!all && names.length === 0) return undefined;
  return Object.fromEntries(
    Object.entries(kept).filter(
      ([name]) => names.includes(name) || ALWAYS.includes(name) || (all && !SECRET.test(name)),
    ),
  );
}

/**
 * Of what is kept, that which qsub tells a script that takes nothing from its environment: PBS_O_PATH and the like are
 * those of the person's shell, whichever process submits the job. Names that were not set there have no value.
 */
export function originOf(kept: Variables): Readonly<Record<string, string | undefined>> {
  // The job's directory is where qsub is started.
  return Object.fromEntries(ALWAYS.flatMap((name) => (name === 'PWD' ? [] : [[name, kept[name]]])));
}

/** Names of `-v` without a value that are not set: PBS refuses the job. Pure. */
export function unsetNames(env: Readonly<Record<string, string | undefined>>, {names}: Passed): string[] {
  return names.filter((name) => env[name] === undefined);
}

/** Names of `-v` that scripts may not set. Pure. */
export function reservedNames(directives: Directives): string[] {
  return variablesOf(directives)
    .map(({name}) => name)
    .filter(isReserved);
}

function total(entries: readonly (readonly [string, string])[]): number {
  return entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
}

/** As many of the longest as make up so many bytes. */
function longest(entries: readonly (readonly [string, string])[], bytes: number): string[] {
  const names: string[] = [];
  let left = bytes;
  for (const entry of entries.toSorted((a, b) => total([b]) - total([a]))) {
    if (left <= 0) break;
    names.push(entry[0]);
    left -= total([entry]);
  }
  return names;
}
