import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {walltimeSeconds} from '../base/walltime.ts';
import {explainUncovered, toCollection} from '../config/map-path.ts';
import {isDirectory} from '../disk/directories.ts';
import {naming, writeWhole} from '../disk/whole-file.ts';
import {LedgerDamaged} from '../ledger/damage.ts';
import type {NewScripts} from '../ledger/new-run.ts';
import {type LoadOptions, parseWorkflow} from '../workflow/file/load.ts';
import {fingerprint} from '../workflow/model/fingerprint.ts';
import type {Step, Workflow} from '../workflow/model/workflow.ts';
import type {Definition, KeptFile} from './campaign-facts.ts';

/** What the run of an item does. */
export interface ItemWorkflow {
  readonly workflow: Workflow;
  readonly scripts: NewScripts;
  readonly scriptHashes: Readonly<Record<string, string>>;
  readonly fingerprint: string;
  /** of its longest job; absent: no script and no workflow says it */
  readonly walltimeSeconds?: number | undefined;
  /** where its jobs go, as far as the workflow says */
  readonly queues: ReadonlySet<string>;
}

/**
 * Reads the workflow of a campaign with the parameters of one item after another. All of it is what was recorded: what has
 * become since of the workflow file, its scripts, friendly names and bookmarks changes nothing.
 *
 * @param scripts the directory that keeps scripts and batch files
 */
export function itemWorkflows(
  definition: Definition,
  scripts: string,
): (params: Readonly<Record<string, string>>) => ItemWorkflow {
  const {workflow, files, collections, bookmarks, paths} = definition;
  const load = parseWorkflow(workflow);
  const contents = new Map<string, Buffer>();
  const contentOf = (path: string): Buffer => {
    const {sha256} = files[path] ?? missingFile(path);
    const known = contents.get(sha256) ?? readKept(scripts, sha256);
    contents.set(sha256, known);
    return known;
  };
  const options: Omit<LoadOptions, 'params'> = {
    collections,
    bookmarks: {
      names: Object.keys(bookmarks),
      find: (name) => (Object.hasOwn(bookmarks, name) ? bookmarks[name] : undefined),
    },
    clusterPath: (path) =>
      toCollection(paths, path) ??
      explainUncovered(paths, path, {name: definition.profile, configFile: 'the configuration'}),
    readText: (path) => ({text: contentOf(path).toString('utf8')}),
  };
  return (params) => {
    const read = load({...options, params});
    const jobs = read.steps.filter((step) => step.kind === 'job');
    const contents = new Map(jobs.map((step) => [step.name, contentOf(step.script)]));
    const hashes = jobs.map((step) => [step.name, files[step.script]?.sha256 ?? ''] as const);
    return {
      workflow: {...read, steps: read.steps.map((step) => withOwnPolicy(step, files))},
      scripts: new Map(hashes.map(([step, sha256]) => [step, {kept: join(scripts, sha256)}])),
      scriptHashes: Object.fromEntries(hashes),
      fingerprint: fingerprint(read, contents),
      walltimeSeconds: longest(jobs.map(({resources, script}) => walltimeOf(resources, files[script]))),
      queues: new Set(jobs.flatMap(({queue}) => queue ?? [])),
    };
  };
}

function walltimeOf({walltime}: Readonly<Record<string, string>>, file: KeptFile | undefined): number | undefined {
  return walltime === undefined ? file?.walltimeSeconds : walltimeSeconds(walltime);
}

function longest(seconds: readonly (number | undefined)[]): number | undefined {
  const known = seconds.filter((one) => one !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

/** What the script of a job says itself, where the workflow says nothing. */
function withOwnPolicy(step: Step, files: Definition['files']): Step {
  if (step.kind !== 'job') return step;
  const {once, holds} = files[step.script] ?? {};
  const fails = once === true && step.onInterrupted === undefined;
  return {...step, ...(fails ? {onInterrupted: 'fail'} : {}), ...(holds ? {ownHold: true} : {})};
}

/** Keep a script or a batch file, under its SHA-256. Safe to repeat. */
export function keepFile(scripts: string, content: Uint8Array): Pick<KeptFile, 'sha256'> {
  const sha256 = sha256Of(content);
  const path = join(scripts, sha256);
  if (!isKept(path, sha256)) writeWhole(path, content, {mode: 0o700});
  return {sha256};
}

function isKept(path: string, sha256: string): boolean {
  try {
    return sha256Of(readFileSync(path)) === sha256;
  } catch {
    return false;
  }
}

function readKept(scripts: string, sha256: string): Buffer {
  const path = join(scripts, sha256);
  if (!isDirectory(scripts)) missingFile(path);
  const content = naming(path, () => readFileSync(path));
  if (sha256Of(content) === sha256) return content;
  throw new LedgerDamaged({is: 'damaged', path, why: 'its SHA-256 is not its name'});
}

function missingFile(path: string): never {
  throw new LedgerDamaged({is: 'damaged', path, why: 'it is not kept with the campaign'});
}

export function sha256Of(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
