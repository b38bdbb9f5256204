import type {TaskId} from '../../src/base/ids.ts';
import type {JobId} from '../../src/base/job-id.ts';
import type {FactValue} from '../../src/disk/facts.ts';
import type {EngineSettings} from '../../src/engine/context.ts';
import type {Action, Observed, PlanSettings} from '../../src/engine/plan/actions.ts';
import {planRun} from '../../src/engine/plan/plan-run.ts';
import {foldRun} from '../../src/ledger/fold/fold-run.ts';
import {type ResumeDecision, type RunSpec, type UpdateDecision, updateName} from '../../src/ledger/run-facts.ts';
import type {RunId} from '../../src/ledger/state-directory.ts';
import type {EndedJob, JobSeen, LiveJob} from '../../src/scheduler/scheduler.ts';
import type {TaskSeen, TransferTask} from '../../src/transfer/transfer-service.ts';
import type {Conditions, JobStep, Step, TransferStep} from '../../src/workflow/model/workflow.ts';
import {DEFAULTS_OF_TRANSFER} from './defaults.ts';

const NONE: Conditions = {needs: [], onFailureOf: [], after: []};

export function transferStep(name: string, conditions: Partial<Conditions> = {}): TransferStep {
  return {
    kind: 'transfer',
    name,
    ...NONE,
    ...conditions,
    from: {collection: 'aaaaaaaa-0000-4000-8000-000000000001', path: `/${name}/from/`},
    to: {collection: 'bbbbbbbb-0000-4000-8000-000000000002', path: `/${name}/to/`},
    recursive: true,
    options: DEFAULTS_OF_TRANSFER,
    strategy: 'monitor',
  };
}

export function jobStep(name: string, conditions: Partial<Conditions> = {}): JobStep {
  return {kind: 'job', name, ...NONE, ...conditions, script: `/scripts/${name}.sh`, resources: {}, env: {}};
}

/** The workflow of DESIGN: stage in, compute, stage out, and a cleanup. */
export const CLASSIC: readonly Step[] = [
  transferStep('stage-in'),
  jobStep('compute', {needs: ['stage-in']}),
  transferStep('stage-out', {needs: ['compute']}),
  jobStep('cleanup', {onFailureOf: ['stage-in', 'compute']}),
];

export function specOf(steps: readonly Step[]): RunSpec {
  return {
    format: 1,
    run: 'r.1' as RunId,
    name: 'r',
    number: 1,
    workflow: {name: 'r', collections: {}, params: {}, steps, workdir: '/work'},
    fingerprint: 'f',
    scriptHashes: {},
    profile: 'test',
    createdAt: 0,
    createdBy: 'a@h:1',
    host: 'h',
    nonce: 'n',
  };
}

/** As a context has them. */
export const ENGINE_SETTINGS: EngineSettings = {
  bounds: {minMs: 30_000, maxMs: 1_800_000},
  lostGraceMs: 60_000,
  refusedRetryMs: 60_000,
  lostAttempts: 5,
  strategy: 'monitor',
  stagingJobs: true,
  maxQueued: Number.POSITIVE_INFINITY,
  maxPending: Number.POSITIVE_INFINITY,
  intentDeadlineMs: 90_000,
};

export const SETTINGS: PlanSettings = {...ENGINE_SETTINGS, rebuild: false};

export const NOW = 1_000_000;

/** A run in memory: facts by name, and what PBS and Globus show. */
export class ARun {
  readonly facts = new Map<string, FactValue>();
  readonly jobs = new Map<JobId, JobSeen>();
  readonly tasks = new Map<TaskId, TaskSeen>();
  readonly tags = new Map<string, JobId | null>();
  readonly resumes: ResumeDecision[] = [];
  readonly spec: RunSpec;

  constructor(steps: readonly Step[] = CLASSIC) {
    this.spec = specOf(steps);
  }

  fact(name: string, value: FactValue = {}): this {
    this.facts.set(name, {at: 0, ...value});
    return this;
  }

  /** A job that was submitted and confirmed; shown by PBS as given, or not looked at yet. */
  job(key: string, id: string, seen?: JobSeen, intent: FactValue = {}): this {
    this.fact(`${key}.intent`, {tag: `s-${key}`, hold: false, dependsOn: [], deadline: 0, ...intent});
    this.fact(`${key}.confirmed`, {job: id});
    if (seen) this.jobs.set(id as JobId, seen);
    return this;
  }

  task(step: string, id: string, seen?: TaskSeen): this {
    this.fact(`${step}.1.transfer.intent`, {submissionId: 's', request: {}});
    this.fact(`${step}.1.transfer.confirmed`, {task: id});
    if (seen) this.tasks.set(id as TaskId, seen);
    return this;
  }

  outcome(step: string, state: string, why = `it ${state}`): this {
    return this.fact(`${step}.1.outcome`, {state, why});
  }

  /** A person had the run resumed: attempts of these steps up to the number do not count any more. */
  resumed(steps: Readonly<Record<string, number>>, more: Partial<ResumeDecision> = {}): this {
    this.resumes.push({at: 0, by: 'ann', steps, redo: [], ...more});
    return this;
  }

  /** A person had the workflow changed: these steps do something else, or are new. */
  updated(
    steps: readonly Step[],
    changed: readonly string[],
    removed: readonly string[] = [],
    aside: Readonly<Record<string, number>> = {},
  ): this {
    const {workflow, fingerprint, scriptHashes} = this.spec;
    const decision: UpdateDecision = {
      at: 0,
      by: 'ann',
      workflow: {...workflow, steps},
      fingerprint: `${fingerprint}'`,
      scriptHashes,
      scripts: {},
      changed,
      removed,
      steps: aside,
    };
    return this.fact(updateName(this.state.updates.length + 1), {...decision});
  }

  get state() {
    return foldRun(this.spec, this.facts, this.resumes);
  }

  seen(now = NOW): Observed {
    const jobs = new Map([...this.jobs].map(([id, seen]) => [id, this.tagged(id, seen)]));
    return {now, jobs, tasks: this.tasks, tags: this.tags};
  }

  /** A job of which a test says nothing else bears the tag that it was submitted with. */
  private tagged(id: JobId, seen: JobSeen): JobSeen {
    if (seen.kind !== 'live' && seen.kind !== 'ended') return seen;
    const confirmed = [...this.facts].find(([name, fact]) => name.endsWith('.confirmed') && fact.job === id)?.[0];
    const intent = this.facts.get((confirmed ?? '').replace(/confirmed$/, 'intent'));
    return {...(typeof intent?.tag === 'string' ? {tag: intent.tag} : {}), ...seen};
  }

  plan(settings: Partial<PlanSettings> = {}, now = NOW): Action[] {
    return planRun(this.state, this.seen(now), {...SETTINGS, ...settings});
  }
}

export function live(state: LiveJob['state'], more: Partial<LiveJob> = {}): LiveJob {
  return {kind: 'live', state, userHold: false, otherHold: false, name: 'j', queue: 'workq', ...more};
}

export const HELD = live('held', {userHold: true});
export const UNKNOWN: JobSeen = {kind: 'unknown'};
export const SILENT: JobSeen = {kind: 'no-evidence', why: 'timeout'};

export function ended(
  exitStatus: number | undefined,
  how: EndedJob['how'] = exitStatus === undefined ? 'removed' : 'ran',
): EndedJob {
  return {
    kind: 'ended',
    how,
    reason: exitStatus === undefined ? how : `exit status ${exitStatus}`,
    name: 'j',
    ...(exitStatus === undefined ? {} : {exitStatus}),
  };
}

export function task(state: TransferTask['state'], more: Partial<TransferTask> = {}): TransferTask {
  return {
    kind: 'task',
    task: 't' as TaskId,
    state,
    label: 'l',
    sourceCollection: 'a',
    destinationCollection: 'b',
    sourceName: 'a',
    destinationName: 'b',
    bytesTransferred: 10,
    filesTransferred: 1,
    filesSkipped: 0,
    files: 1,
    subtasksTotal: 2,
    subtasksPending: 1,
    rate: 1,
    faults: 0,
    requestedAt: 0,
    ...more,
  };
}

/** `delete-job compute`, `submit-job stage-out launcher`: an action in the words of a test. */
export function inWords(action: Action): string {
  const role = action.do === 'submit-job' && action.role !== 'job' ? ` ${action.role}` : '';
  const state = action.do === 'end-step' ? ` ${action.state}` : '';
  const helper = 'key' in action ? (/\.(launcher|sentinel)/.exec(action.key)?.[1] ?? '') : '';
  return `${action.do} ${action.step}${role}${state}${helper ? ` ${helper}` : ''}`;
}
