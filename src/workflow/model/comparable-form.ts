import {writeDuration} from '../../base/duration.ts';
import {writeArrayRange} from '../../base/job-array.ts';
import type {Place} from '../../base/task-request.ts';
import {writeFailFast} from './fail-fast.ts';
import {transferInWords} from './transfer-options.ts';
import {wayInWords} from './ways.ts';
import type {JobStep, RedoFrom, Step, StepKind, TransferStep, Workflow} from './workflow.ts';

/** A workflow together with what its scripts contain. */
export interface WorkflowRecord {
  readonly workflow: Workflow;
  /** sha256 in hex of each job step's script, by step name */
  readonly scriptHashes: Readonly<Record<string, string>>;
}

/** One step's share of what is done, spelled as in the file. */
export type ComparableStep = Readonly<Record<string, unknown>> & {readonly kind: StepKind};

/** What of a workflow makes it the same work as another: fingerprints are made of it, and differences found in it. */
export interface ComparableForm {
  readonly params: Readonly<Record<string, string>>;
  readonly steps: Readonly<Record<string, ComparableStep>>;
  /** absent: it claims nothing, as no older one did */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * What a workflow does, and nothing else. Pure.
 *
 * Left out: the run's name (it is what runs are told apart by already), friendly names, bookmarks and
 * paths of the cluster (the places that they name are in), the directory and the paths of scripts (their contents are in), the strategy (how a transfer is waited for changes
 * nothing about what arrives), `notify`, `label`, and the order of steps and of the names in a list, which mean nothing.
 *
 * @throws {RangeError} when the contents of a job step's script are not known
 */
export function comparableForm({workflow, scriptHashes}: WorkflowRecord): ComparableForm {
  const entries = workflow.steps.map((step) => [step.name, comparableStep(step, scriptHashes)] as const);
  const claims = workflow.claims?.map(({pool, ...claim}) => [pool, claim] as const);
  return {
    params: workflow.params,
    steps: Object.fromEntries(entries),
    claims: claims && claims.length > 0 ? Object.fromEntries(claims) : undefined,
  };
}

function comparableStep(step: Step, scriptHashes: Readonly<Record<string, string>>): ComparableStep {
  return {
    ...byKind(step, scriptHashes),
    needs: [...step.needs].sort(),
    on_failure_of: [...step.onFailureOf].sort(),
    after: [...step.after].sort(),
    retries: step.retries,
    retry_delay: step.retryDelayMs === undefined ? undefined : writeDuration(step.retryDelayMs),
    delay: step.delayMs === undefined ? undefined : writeDuration(step.delayMs),
    redo_from: step.redoFrom && redoInWords(step.redoFrom),
    when: step.always ? 'always' : undefined,
    uses: step.uses,
  };
}

function redoInWords({step, rounds, atOnceOn}: RedoFrom): string {
  const atOnce = atOnceOn.length > 0 ? `, at once on ${atOnceOn.join(', ')}` : '';
  return `${step}, ${rounds} rounds${atOnce}`;
}

function byKind(step: Step, scriptHashes: Readonly<Record<string, string>>): ComparableStep {
  switch (step.kind) {
    case 'transfer':
      return comparableTransfer(step);
    case 'job':
      return comparableJob(step, scriptHashes);
    case 'delete': {
      const {kind, at, recursive, failFast} = step;
      return {
        kind,
        at: placeText(at),
        local_user: at.localUser,
        recursive,
        fail_fast: failFast === undefined ? undefined : writeFailFast(failFast),
      };
    }
    case 'mkdir':
      return {kind: step.kind, at: placeText(step.at), local_user: step.at.localUser};
    case 'link':
      return {kind: step.kind, from: step.from, into: step.into};
    case 'move':
      return {kind: step.kind, from: step.from, to: step.to, below: [...step.below].sort()};
    case 'remove':
      return {kind: step.kind, path: [...step.paths].sort(), below: [...step.below].sort()};
  }
}

function comparableTransfer(step: TransferStep): ComparableStep {
  const {via, from, to, recursive, options, items, failFast, keepMs, whenFails} = step;
  return {
    kind: 'transfer',
    via: via && wayInWords(via),
    from: placeText(from),
    to: placeText(to),
    source_local_user: from.localUser,
    destination_local_user: to.localUser,
    recursive,
    ...transferInWords({options, ...(items ? {items} : {})}),
    fail_fast: failFast === undefined ? undefined : writeFailFast(failFast),
    keep: keepMs === undefined ? undefined : writeDuration(keepMs),
    when_output_fails: whenFails,
  };
}

function comparableJob(step: JobStep, scriptHashes: Readonly<Record<string, string>>): ComparableStep {
  const script = Object.hasOwn(scriptHashes, step.name) ? scriptHashes[step.name] : undefined;
  if (script === undefined) throw new RangeError(`the contents of the script of step ${step.name} are not known`);
  const {resources, queue, account, project, jobName, env} = step;
  const array = step.array === undefined ? undefined : writeArrayRange(step.array);
  const common = {kind: 'job', script, resources, queue, account, project, name: jobName, env} as const;
  return {...common, array, on_interrupted: step.onInterrupted};
}

function placeText(place: Place): string {
  return `${place.collection}:${place.path}`;
}
