import {DEFAULT_RETRY_DELAY_MS, writeDuration} from '../../base/duration.ts';
import {countSubjobs, writeArrayRange} from '../../base/job-array.ts';
import {count} from '../../base/units.ts';
import {ACCOUNTS_OF_HOST} from '../../disk/users.ts';
import type {Action} from '../../engine/plan/actions.ts';
import {type ExitCode, RequestWrong} from '../../errors.ts';
import type {RunId} from '../../ledger/state-directory.ts';
import type {WorkflowStage} from '../../wiring/stage.ts';
import {actInWords, isAct} from '../../workflow/model/acts.ts';
import {isTask} from '../../workflow/model/steps.ts';
import {filterInWords} from '../../workflow/model/transfer-options.ts';
import {wayInWords} from '../../workflow/model/ways.ts';
import type {Step, StepKind, TransferStep} from '../../workflow/model/workflow.ts';
import {writtenPlaces} from '../../workflow/model/written-places.ts';
import {exitOfFindings, type Finding} from '../shared/findings.ts';
import {findLimits} from '../shared/preflight/find-limits.ts';
import {preflight} from '../shared/preflight/preflight.ts';
import {prepareWorkflow, type WorkflowRequest} from '../shared/prepare-run.ts';
import {foresee} from './first-actions.ts';
import {scriptNotes} from './script-notes.ts';

export interface CheckReport {
  readonly name: string;
  readonly fingerprint: string;
  readonly steps: readonly {
    readonly step: string;
    readonly kind: StepKind;
    readonly what: string;
    readonly when: string;
    /** whatever else was said of it, a sentence each */
    readonly notes: readonly string[];
    readonly retries?: number;
    /** in the form of qsub -J */
    readonly array?: string;
    readonly always?: true;
    readonly helpers: readonly string[];
  }[];
  /** a run of this name that exists already */
  readonly existing?: string;
  /** what PBS and Globus, when asked, said of it; empty when they were not */
  readonly findings: readonly Finding[];
  readonly exit: ExitCode;
}

export interface CheckRequest extends WorkflowRequest {
  /** ask neither PBS nor Globus */
  readonly offline: boolean;
  /** make and delete a directory at each destination, to see whether it can be written */
  readonly probe: boolean;
}

const EMPTY = new Uint8Array();

/** Check a workflow, and say what `stage run` would do. Changes nothing, unless a probe is asked for. @throws {WorkflowInvalid} {RequestWrong} */
export async function checkWorkflowFile(stage: WorkflowStage, request: CheckRequest): Promise<CheckReport> {
  if (request.offline && request.probe)
    throw new RequestWrong('--probe needs Globus, and --offline does not contact it', {
      next: ['Leave one of them out.'],
    });
  const prepared = await prepareWorkflow(stage, request, {offline: request.offline});
  const {name, workflow, scriptHashes, fingerprint} = prepared;
  const spec = {
    format: 1,
    run: `${name}.1` as RunId,
    name,
    number: 1,
    workflow,
    fingerprint,
    scriptHashes,
    profile: stage.profile.name,
    createdAt: 0,
    createdBy: '',
    host: '',
    nonce: '',
  } as const;
  const foreseen = foresee(spec, {strategy: stage.profile.strategy, stagingJobs: stage.profile.staging.network});
  const existing = stage.ledger.find(name);
  const findings = request.offline
    ? findLimits(stage.limits.settings, workflow)
    : await preflight(stage, prepared, {probe: request.probe, adopted: []});
  return {
    name,
    fingerprint,
    steps: workflow.steps.map((step) => ({
      step: step.name,
      kind: step.kind,
      what: whatIs(step),
      when: whenIs(
        step,
        foreseen.find(
          ({action}) =>
            action.step === step.name &&
            (action.do === 'submit-transfer' ||
              action.do === 'make-directory' ||
              action.do === 'act' ||
              (action.do === 'submit-job' && action.role === 'job')),
        )?.action,
      ),
      notes: [
        ...writtenPlaces(workflow, step).map(({written, is}) => `${written} is ${is}`),
        ...notesOn(step),
        ...(step.kind === 'job'
          ? scriptNotes(step, prepared.scripts.get(step.name) ?? EMPTY, stage.profile, ACCOUNTS_OF_HOST)
          : []),
      ],
      retries: step.retries,
      array: step.kind === 'job' && step.array ? writeArrayRange(step.array) : undefined,
      always: step.always || undefined,
      helpers: foreseen.flatMap(({action}) =>
        action.do === 'submit-job' && action.role !== 'job' && action.step === step.name
          ? [`${[helperInWords(action.role), dependencyInWords(action)].filter(Boolean).join(', ')}: ${action.why}`]
          : [],
      ),
    })),
    existing: existing || undefined,
    findings,
    exit: exitOfFindings(findings, true),
  };
}

/** A waiting job is no name of PBS's: it is said what it is. */
function helperInWords(role: string): string {
  return role === 'wait' ? 'job that waits' : role;
}

function whatIs(step: Step): string {
  if (step.kind === 'job') {
    const resources = Object.entries(step.resources).map(([key, value]) => `${key}=${value}`);
    return [`job ${step.script}`, ...resources].join(' ');
  }
  if (isAct(step)) return actInWords(step);
  if (step.kind === 'mkdir') return `make directory ${step.at.collection}:${step.at.path}`;
  if (step.kind === 'delete')
    return `delete ${step.at.collection}:${step.at.path}${step.recursive ? ' and everything in it' : ''}`;
  const via = step.via ? ` via ${wayInWords(step.via)}` : '';
  const ends = `${step.from.collection}:${step.from.path} to ${step.to.collection}:${step.to.path}`;
  if (step.items && step.items.length > 1) return `transfer ${count(step.items.length, 'item')} from ${ends}${via}`;
  return `transfer ${ends}${step.recursive ? ', recursive' : ''}${via}`;
}

function notesOn(step: Step): string[] {
  const notes: string[] = [];
  if (step.always) notes.push('runs whatever happened');
  if (step.kind === 'job' && step.array) {
    const {atOnce} = step.array;
    const limit = atOnce === undefined ? '' : `, at most ${atOnce} at once`;
    notes.push(`a job array of ${countSubjobs(step.array)} subjobs (${writeArrayRange(step.array)})${limit}`);
  }
  if (step.retries !== undefined) {
    const times = step.retries === 1 ? 'once' : `up to ${step.retries} times`;
    notes.push(
      `retried ${times} when it fails, first after ${writeDuration(step.retryDelayMs ?? DEFAULT_RETRY_DELAY_MS)}`,
    );
  }
  if (step.kind === 'job' && step.onInterrupted === 'fail') notes.push('fails when its job is interrupted');
  if (step.kind === 'transfer') notes.push(...optionsInWords(step));
  if (isTask(step) && step.strategy === 'wait') notes.push('waited for by one long job');
  return notes;
}

/** What of a transfer's options a person should have seen before it starts. */
function optionsInWords({options, confirmDelete}: TransferStep): string[] {
  const confirm = confirmDelete ? '' : '; needs --confirm-delete at stage run';
  return [
    ...(options.deleteExtra ? [`deletes at the destination what the source does not have${confirm}`] : []),
    ...(options.skipSourceErrors ? ['skips files of the source that cannot be read'] : []),
    ...(options.filters ? [`filters: ${options.filters.map(filterInWords).join(', ')}`] : []),
  ];
}

function whenIs(step: Step, action: Action | undefined): string {
  if (action?.do === 'submit-transfer') return 'started at once';
  if (action?.do === 'make-directory') return 'made at once';
  if (action?.do === 'act') return 'done at once';
  if (action?.do === 'submit-job') {
    const depends = dependencyInWords(action);
    const held = action.hold ? `under a user hold (${conditionInWords(step)})` : '';
    return ['submitted at once', held, depends].filter((part) => part !== '').join(', ');
  }
  return `started later: ${conditionInWords(step)}`;
}

function conditionInWords({needs, onFailureOf, after}: Step): string {
  return [
    ...(needs.length > 0 ? [`when ${needs.join(', ')} succeeded`] : []),
    ...(onFailureOf.length > 0 ? [`when any of ${onFailureOf.join(', ')} failed`] : []),
    ...(after.length > 0 ? [`when ${after.join(', ')} ended`] : []),
  ].join(' and ');
}

function dependencyInWords(action: Action): string {
  if (action.do !== 'submit-job') return '';
  return action.dependencies.map(({type, jobs}) => `depend=${type}:${jobs.join(':')}`).join(', ');
}
