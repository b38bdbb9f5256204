import {readFileSync} from 'node:fs';
import {basename, dirname, resolve} from 'node:path';
import {NAME} from '../../base/names.ts';
import type {Place} from '../../base/task-request.ts';
import type {JobDefaults} from '../../config/profile.ts';
import {RequestWrong} from '../../errors.ts';
import {findRefused, qsubCommandLine} from '../../scheduler/directives/command-line.ts';
import {readDirectives} from '../../scheduler/directives/read-directives.ts';
import type {WorkflowStage} from '../../wiring/stage.ts';
import {fingerprint, hashScripts} from '../../workflow/model/fingerprint.ts';
import type {JobStep, Step, Workflow} from '../../workflow/model/workflow.ts';
import {type BookmarkLookup, readingPlaces} from '../places/place-names.ts';
import {fileReason, readBatchFile} from './read-batch-file.ts';
import {readOnce} from './read-once.ts';
import {whatIsNoScript} from './script-bytes.ts';
import {refusedVariables} from './script-variables.ts';
import {workingDirectory} from './working-directory.ts';

/** A workflow as flags or a file give it, before anything is read. */
export interface WorkflowRequest {
  /** as the user typed it; undefined for the form without a file */
  readonly file?: string;
  readonly params: Readonly<Record<string, string>>;
  readonly flags: {
    readonly stageIn: readonly string[];
    readonly job: readonly string[];
    readonly stageOut: readonly string[];
    readonly cleanup?: string;
    readonly queue?: string;
    readonly account?: string;
    readonly project?: string;
    readonly array?: string;
    readonly retries?: number;
    readonly resources: Readonly<Record<string, string>>;
  };
  readonly name?: string;
}

/** A workflow that has been checked as far as that goes without PBS and Globus. */
export interface PreparedWorkflow {
  readonly name: string;
  readonly workflow: Workflow;
  readonly scripts: ReadonlyMap<string, Uint8Array>;
  readonly scriptHashes: Readonly<Record<string, string>>;
  readonly fingerprint: string;
}

export interface PrepareOptions {
  /** Globus is not asked for bookmarks */
  readonly offline?: boolean;
  /** bookmarks as the run of a name has them, in place of what the ledger says: what has become of them since changes nothing */
  readonly pinned?: (name: string) => Readonly<Record<string, Place>>;
}

/** Read and check a workflow and its scripts. Changes nothing. @throws {WorkflowInvalid} {RequestWrong} */
export async function prepareWorkflow(
  stage: WorkflowStage,
  request: WorkflowRequest,
  options: PrepareOptions = {},
): Promise<PreparedWorkflow> {
  const workflow = await readWorkflow(stage, request, options);
  return {...withScripts(workflow, stage.profile.compute), name: request.name ?? workflow.name};
}

/**
 * A workflow with the scripts that it names. Pure but for `read`.
 *
 * @param read the contents of a script by its path, or what is wrong with it
 * @throws {RequestWrong} with every mistake
 */
export function withScripts(
  workflow: Workflow,
  defaults: JobDefaults,
  read: (path: string) => Uint8Array | string = readScript,
): PreparedWorkflow {
  const scripts = new Map<string, Uint8Array>();
  const mistakes: string[] = [];
  let wrong = 0;
  for (const step of workflow.steps) {
    if (step.kind !== 'job') continue;
    const content = read(step.script);
    const found =
      typeof content === 'string'
        ? [`steps.${step.name}.job.script: ${content}`]
        : checkScript(step, content, defaults);
    mistakes.push(...found);
    if (found.length > 0) wrong += 1;
    else if (typeof content !== 'string') scripts.set(step.name, content);
  }
  if (mistakes.length > 0) {
    throw new RequestWrong(
      wrong === 1 ? 'a script of the workflow cannot be used' : `${wrong} scripts of the workflow cannot be used`,
      {code: 'SCRIPT_INVALID', details: mistakes},
    );
  }
  return {
    name: workflow.name,
    workflow: withOwnPolicies(workflow, scripts),
    scripts,
    scriptHashes: hashScripts(scripts),
    fingerprint: fingerprint(workflow, scripts),
  };
}

/** A script with `#PBS -r n` is never started twice: it is `on_interrupted: fail`. One with `#PBS -h` is held by its own wish. */
function withOwnPolicies(workflow: Workflow, scripts: ReadonlyMap<string, Uint8Array>): Workflow {
  const steps = workflow.steps.map((step): Step => {
    if (step.kind !== 'job') return step;
    const {rerunnable, hold} = readDirectives(new TextDecoder().decode(scripts.get(step.name)));
    const fails = step.onInterrupted === undefined && rerunnable === false;
    return {...step, ...(fails ? {onInterrupted: 'fail'} : {}), ...(hold ? {ownHold: true} : {})};
  });
  return {...workflow, steps};
}

async function readWorkflow(
  stage: WorkflowStage,
  request: WorkflowRequest,
  {offline = false, pinned = (name) => pinnedBookmarks(stage, name)}: PrepareOptions,
): Promise<Workflow> {
  if (request.name !== undefined && !NAME.test(request.name)) {
    throw new RequestWrong(`--name "${request.name}" cannot be the name of a run`, {
      why: 'a name is at most 63 letters, digits, "_" and "-"',
    });
  }
  const {flags, file} = request;
  const fromFlags = flags.stageIn.length + flags.job.length + flags.stageOut.length > 0 || flags.cleanup !== undefined;
  if (file !== undefined && fromFlags) {
    throw new RequestWrong('a workflow file and the steps of a workflow were both given', {
      next: ['Give the file, or --stage-in, --job, --stage-out and --cleanup.'],
    });
  }
  const settings = file === undefined ? [] : settingsGiven(flags);
  if (settings.length > 0) {
    throw new RequestWrong(`${settings.join(', ')}: a workflow file says this itself`, {
      why: 'such flags are for workflows without a file',
      next: ['Write it into the file, and run the command again without the flag.'],
    });
  }
  if (file === undefined && !fromFlags) {
    throw new RequestWrong('no workflow was given', {
      next: [
        'Give a workflow file: stage run workflow.yaml',
        'Or its steps: stage run --stage-in FROM=TO --job SCRIPT --stage-out FROM=TO',
      ],
    });
  }
  const lookup: BookmarkLookup<Workflow> = {
    offline,
    pinned: (first) => pinned(request.name ?? first.name),
  };
  if (file === undefined) {
    const {workflowFromFlags} = await import('../../workflow/file/from-flags.ts');
    if (Object.keys(request.params).length > 0)
      throw new RequestWrong('--param is for workflow files', {
        why: 'a workflow given as flags has no parameters to fill in',
      });
    const given = {...flags, ...(request.name ? {name: request.name} : {}), directory: workingDirectory()};
    return readingPlaces(stage, (names) => workflowFromFlags(given, {...names, params: {}}), lookup);
  }
  const text = readText(file);
  const {loadWorkflow} = await import('../../workflow/file/load.ts');
  const source = {text, file, directory: dirname(resolve(file))};
  // The workflow may be read a second time, for its bookmarks: a batch file is what it was at the first.
  const readBatch = readOnce(readBatchFile);
  return readingPlaces(
    stage,
    (names) => loadWorkflow(source, {...names, params: request.params, readText: readBatch}),
    lookup,
  );
}

function pinnedBookmarks(stage: WorkflowStage, name: string): Readonly<Record<string, Place>> {
  const run = stage.ledger.find(name);
  return run === undefined ? {} : (stage.ledger.open(run).state.spec.workflow.bookmarks ?? {});
}

/** The flags that say something of the steps given as flags. */
function settingsGiven(flags: WorkflowRequest['flags']): string[] {
  const given = (['queue', 'account', 'project', 'array', 'retries'] as const).filter(
    (key) => flags[key] !== undefined,
  );
  const resources = Object.keys(flags.resources).length > 0 ? ['resource'] : [];
  return [...given, ...resources].map((key) => `--${key}`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new RequestWrong(`the workflow file ${file} cannot be read`, {
      code: 'WORKFLOW_UNREADABLE',
      why: fileReason(error),
      next: ['Name an existing YAML file; docs/workflow-file.md shows one.'],
    });
  }
}

const MAX_SCRIPT_BYTES = 16 * 1024 * 1024;

/** @returns the contents, or what is wrong */
export function readScript(path: string): Uint8Array | string {
  try {
    const content = readFileSync(path);
    return content.byteLength > MAX_SCRIPT_BYTES ? `${path} has more than 16 MiB` : content;
  } catch (error) {
    return `${path} cannot be read: ${fileReason(error)}`;
  }
}

function checkScript(step: JobStep, content: Uint8Array, defaults: JobDefaults): string[] {
  const file = basename(step.script);
  const noScript = whatIsNoScript(file, content);
  if (noScript !== undefined) return [noScript];
  const directives = readDirectives(new TextDecoder().decode(content));
  const said = qsubCommandLine(directives, step, defaults);
  const refused = [
    ...findRefused(directives, said, {array: step.array !== undefined}),
    ...refusedVariables(directives, step.env),
  ];
  return refused.map(({line, what}) =>
    line === undefined ? `steps.${step.name}.job.resources: ${what}` : `${file}:${line}: ${what}`,
  );
}
