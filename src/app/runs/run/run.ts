import type {SourceTotals} from '../../../base/source-totals.ts';
import {sleep} from '../../../base/time.ts';
import {firstIntentOfOthers, firstRefusal} from '../../../engine/plan/first-refusal.ts';
import type {Reconciled} from '../../../engine/turn.ts';
import {EXIT, StageError} from '../../../errors.ts';
import {attemptKey, SOURCE_FACT} from '../../../ledger/run-facts.ts';
import {type RunId, runId} from '../../../ledger/state-directory.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {chooseTransfer, openRun} from '../../shared/choose.ts';
import {environmentKept} from '../../shared/environment-kept.ts';
import type {Finding} from '../../shared/findings.ts';
import {keepForJobs} from '../../shared/jobs-sign-in.ts';
import {type PreflightRequest, preflight, queueLimitFor, requirePassed} from '../../shared/preflight/preflight.ts';
import {type PreparedWorkflow, prepareWorkflow, type WorkflowRequest} from '../../shared/prepare-run.ts';
import {readOnce} from '../../shared/read-once.ts';
import {graft} from '../adopt/adopt.ts';
import {tasksToAdopt} from '../adopt/tasks-to-adopt.ts';
import {decideRun, type RecordedRun, type RunChoices, type RunDecision} from './decide-run.ts';
import {reopening} from './reopen.ts';
import {advance, endedReport, type RunReport} from './run-report.ts';
import {runInWords} from './run-words.ts';
import {begunMeanwhile, failedBefore, type PlannedUpdate, recordUpdate} from './update-run.ts';

export interface RunRequest extends WorkflowRequest {
  /** start a new run although one of this name has ended */
  readonly again: boolean;
  /** let steps of the run that have not begun do what the workflow says by now */
  readonly update: boolean;
  /** `[STEP=]TASK_ID`: tasks that exist and do the work of transfers */
  readonly adopt: readonly string[];
  /** ask PBS and Globus first whether a new run can work */
  readonly check: boolean;
  /** what the workflow deletes besides what it moves is meant */
  readonly confirmDelete: boolean;
}

/**
 * Make it so: create the run of a workflow, or repair and report the one that exists. What is recorded is read once;
 * {@link decideRun} says what that comes to.
 *
 * @throws {RunDiffers} when a run of this name was asked to do something else, and is not to be updated
 */
export async function runWorkflow(stage: RunsStage, request: RunRequest): Promise<RunReport> {
  const recorded = readOnce((name: string) => recordedRun(stage, name, request.again));
  const prepared = await prepareWorkflow(stage, request, {
    pinned(name) {
      const {open, ended} = recorded(name) ?? {};
      return ended && request.again ? {} : (open?.state.spec.workflow.bookmarks ?? {});
    },
  });
  const asked = {...request, prepared, adopts: request.adopt.length > 0};
  const decision = decideRun(recorded(prepared.name), asked);
  switch (decision.do) {
    case 'refuse':
      throw decision.error;
    case 'create':
      return create(stage, asked);
    case 'go-on':
      return goOn(stage, asked, decision.recorded);
    case 'done':
      return done(decision);
    case 'update':
      return decision.then.do === 'done'
        ? done(decision.then, {stage, update: decision.update})
        : goOn(stage, asked, decision.then.recorded, decision.update);
  }
}

type PreparedRequest = RunRequest & RunChoices;
type DoneDecision = Extract<RunDecision, {do: 'done'}>;

/**
 * A run whose first job was refused is none: the process that was to create it died before it could say so. Nor is one
 * that was given up, where a new one is asked for.
 */
function recordedRun(stage: RunsStage, name: string, again: boolean): RecordedRun | undefined {
  const {ledger} = stage;
  for (;;) {
    const run = ledger.find(name);
    if (run === undefined || (again && ledger.summary(run)?.givenUp)) return undefined;
    const recorded = ledger.withEnd(openRun(stage, run));
    if (recorded.ended || firstRefusal(recorded.open.state) === undefined) return recorded;
    ledger.withdraw(recorded.open);
  }
}

async function create(stage: RunsStage, asked: PreparedRequest): Promise<RunReport> {
  const {prepared} = asked;
  const {name, workflow, scriptHashes, fingerprint} = prepared;
  const number = stage.ledger.nextNumber(name);
  const adopted = await tasksToAdopt(stage, asked.adopt, workflow, {run: runId(name, number), state: undefined});
  const adopt = Object.fromEntries(adopted.map(({step, task}) => [step, task.task.task]));
  let maxQueued: number | undefined;
  const onLimit = (limit: number | undefined) => {
    maxQueued = limit;
  };
  let sources: ReadonlyMap<string, SourceTotals> = new Map();
  const onSources = (totals: typeof sources) => {
    sources = totals;
  };
  // Without the check it is read all the same: jobs that wait would else fill a queue in which nothing can go on.
  if (!asked.check) maxQueued = await queueLimitFor(stage, prepared, LONGEST_FOR_LIMIT_MS);
  const notes = asked.check ? await checked(stage, prepared, {adopted: Object.keys(adopt), onLimit, onSources}) : [];
  // PBS and Globus must be usable in principle before anything is recorded.
  await stage.engine();
  const spec = {
    name,
    workflow,
    scriptHashes,
    fingerprint,
    profile: stage.profile.name,
    createdAt: Date.now(),
    createdBy: stage.by,
    host: stage.by.split('@')[1]?.split(':')[0] ?? '',
    adopt: adopted.length > 0 ? adopt : undefined,
    maxQueued,
  };
  const created = stage.ledger.createRun(number, spec, prepared.scripts, environmentKept(prepared)?.variables);
  keepForJobs(stage, process.env);
  const run = created ?? otherRun(stage, asked);
  // Where this process dies before all are on record, the one that submits the transfer lists its source.
  if (created)
    for (const [step, totals] of sources)
      stage.ledger.create(created, `${attemptKey(step, 1)}.${SOURCE_FACT}`, {...totals});
  const how = {created: created !== undefined, prepared};
  const {report: first, looked} = await advance(stage, run, how);
  const isHeard = await othersHaveHeard(stage, run, looked);
  const report = isHeard ? (await advance(stage, run, how)).report : first;
  return {...report, notes: [...adopted.flatMap((each) => each.notes), ...notes, ...report.notes]};
}

/** PBS is not waited for longer where nothing is to be checked. */
const LONGEST_FOR_LIMIT_MS = 5_000;

/** So long at most, another process that submits the first job of the run is waited for. */
const LONGEST_WAIT_MS = 10_000;

/** Another process, such as a monitor, asked PBS for the first job of the run: wait for what PBS says. @returns whether it had to be waited for */
async function othersHaveHeard(
  {ledger, by}: RunsStage,
  run: RunId,
  {runs}: Pick<Reconciled, 'runs'>,
): Promise<boolean> {
  const until = Date.now() + LONGEST_WAIT_MS;
  let open = runs.find(({id}) => id === run);
  for (let waited = false; ; waited = true) {
    const isOpen = open !== undefined && firstIntentOfOthers(open.state, by) !== undefined;
    if (!isOpen || Date.now() >= until) return waited;
    await sleep(100);
    open = ledger.runs().includes(run) ? ledger.open(run) : undefined;
  }
}

/** Another process created the run at this moment: it is as good as ours when it does the same. */
function otherRun(stage: RunsStage, {prepared}: PreparedRequest): RunId {
  const recorded = recordedRun(stage, prepared.name, false);
  if (!recorded)
    throw new StageError({
      code: 'RUN_VANISHED',
      exit: EXIT.conflict,
      what: `another process created run ${prepared.name} and it was removed again`,
      next: ['Run the same command again.'],
    });
  const asked = {prepared, again: false, update: false, adopts: false, confirmDelete: true};
  const decision = decideRun(recorded, asked);
  if (decision.do === 'refuse') throw decision.error;
  return recorded.open.id;
}

async function goOn(
  stage: RunsStage,
  asked: PreparedRequest,
  recorded: RecordedRun,
  update?: PlannedUpdate,
): Promise<RunReport> {
  let {open} = recorded;
  const adopted = await tasksToAdopt(stage, asked.adopt, asked.prepared.workflow, {run: open.id, state: open.state});
  if (update) {
    recordUpdate(stage, open, update);
    open = stage.ledger.refresh(open);
  }
  for (const {step, task} of adopted) {
    const transfer = chooseTransfer(open.state.spec.workflow, step, open.id);
    graft(stage, await stage.engine(), open, transfer, {...task, forced: false});
    open = stage.ledger.refresh(open);
  }
  keepForJobs(stage, process.env);
  const {report, looked} = await advance(stage, open.id, {again: asked.again});
  const notes = [...adopted.flatMap((each) => each.notes), ...report.notes];
  if (!update) return {...report, notes};
  const state = looked.runs.find(({id}) => id === open.id)?.state ?? stage.ledger.refresh(open).state;
  const changes = update.differences;
  const outcome = {is: 'updated', changes, late: begunMeanwhile(state), failed: failedBefore(state)} as const;
  return {...report, did: 'updated', message: runInWords(open.id, outcome), notes};
}

/** @param updating what it is asked to do from now on, first of all */
function done(
  {recorded, ended}: DoneDecision,
  updating?: {readonly stage: RunsStage; readonly update: PlannedUpdate},
): RunReport {
  let {open} = recorded;
  if (updating) {
    recordUpdate(updating.stage, open, updating.update);
    open = updating.stage.ledger.refresh(open);
  }
  const toDo = reopening(open.state, [], true) !== undefined;
  return endedReport(
    ended,
    updating ? {is: 'updated-ended', changes: updating.update.differences, ended, toDo} : {is: 'ended', ended, toDo},
  );
}

/** What is worth knowing before a run begins. @throws {CheckFailed} when it cannot work */
async function checked(
  stage: RunsStage,
  prepared: PreparedWorkflow,
  request: Omit<PreflightRequest, 'probe'>,
): Promise<Finding[]> {
  const findings = await preflight(stage, prepared, {...request, probe: false});
  requirePassed(prepared.name, findings);
  return findings.filter(({level}) => level === 'note');
}
