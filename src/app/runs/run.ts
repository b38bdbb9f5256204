import type {TaskId} from '../../base/ids.ts';
import {count} from '../../base/units.ts';
import {reconcile} from '../../engine/turn.ts';
import {EXIT, type ExitCode, RequestWrong, StageError} from '../../errors.ts';
import {type RunId, runId} from '../../ledger/layout.ts';
import type {RunSummary} from '../../ledger/summary.ts';
import type {Stage} from '../../wiring/stage.ts';
import {describeDifference} from '../../workflow/model/difference.ts';
import type {Workflow} from '../../workflow/model/workflow.ts';
import {chooseTransfer} from '../shared/choose.ts';
import {type Finding, noNetwork} from '../shared/findings.ts';
import {type PreparedWorkflow, prepareWorkflow, type WorkflowRequest} from '../shared/prepare-run.ts';
import {exitOf, type ProblemDocument, problemsOf, viewOf} from '../shared/report.ts';
import type {RunView} from '../shared/run-view.ts';
import type {CheckedTask} from './adopt/check-adopted.ts';

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

export interface RunReport {
  readonly did: 'created' | 'updated' | 'repaired' | 'nothing';
  readonly message: string;
  readonly run: RunView;
  /** how many jobs and transfers this command submitted */
  readonly submitted: {readonly jobs: number; readonly transfers: number};
  /** what the check before a new run found worth knowing; empty otherwise */
  readonly notes: readonly Finding[];
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

/**
 * Make it so: create the run of a workflow, or repair and report the one that exists.
 *
 * @throws {RunDiffers} when a run of this name was asked to do something else, and is not to be updated
 */
export async function runWorkflow(stage: Stage, request: RunRequest): Promise<RunReport> {
  const prepared = await prepareWorkflow(stage, request, {again: request.again});
  const existing = stage.ledger.find(prepared.name);
  const number = stage.ledger.nextNumber(prepared.name);
  const anew = !existing || (request.again && stage.ledger.summary(existing) !== undefined);
  const run = anew ? runId(prepared.name, number) : existing;
  const {adopted, untold} = await adoptions(stage, request.adopt, prepared, {run, exists: !anew});
  const adopt = Object.fromEntries(Object.entries(adopted).map(([step, {task}]) => [step, task.task]));
  const begin = async () => {
    if (!request.confirmDelete) requireConfirmed(prepared.workflow);
    const notes = request.check ? await checked(stage, prepared, adopt) : [];
    const report = await start(stage, prepared, number, adopt);
    return {...report, notes: [...untold, ...notes, ...report.notes]};
  };
  if (!existing) return begin();
  const ended = stage.ledger.summary(existing);
  if (ended && request.again) return begin();
  const updated = await bringUpToDate(stage, existing, prepared, request);
  if (!ended || Object.keys(adopt).length > 0) {
    for (const [step, task] of Object.entries(adopted)) await graftTask(stage, existing, step, task);
    const advanced = await advance(stage, existing, request.again);
    const report = {...advanced, notes: [...untold, ...advanced.notes]};
    return updated ? updatedReport(stage, existing, report, updated) : report;
  }
  const {viewSummary} = await import('../shared/run-view.ts');
  const {reopening} = await import('./reopen.ts');
  const toDo = reopening(stage.ledger.open(existing).state, [], true) !== undefined;
  const view = viewSummary(ended);
  return {
    did: updated ? 'updated' : 'nothing',
    message: updated ? afterUpdate(ended, updated, toDo) : afterEnd(ended, toDo),
    run: view,
    submitted: {jobs: 0, transfers: 0},
    notes: [],
    problems: [],
    exit: exitOf(view, []),
  };
}

function afterEnd({run, state, why}: RunSummary, toDo: boolean): string {
  const again = 'start it anew with --again, or under another name with --name';
  if (state === 'succeeded')
    return toDo
      ? `${run} has succeeded before it was changed; go on with: stage resume ${run}`
      : `${run} has succeeded already; ${again}`;
  return `${run} has ${ENDED[state]}: ${why}; try again what failed with "stage resume ${run}", or ${again}`;
}

function afterUpdate({run, state}: RunSummary, updated: readonly string[], toDo: boolean): string {
  const next = toDo ? `go on with: stage resume ${run}` : 'nothing of it has to be done again';
  return `${run} is updated (${updated.join('; ')}) and has ${ENDED[state]} before; ${next}`;
}

const ENDED = {succeeded: 'succeeded', failed: 'failed', cancelled: 'been cancelled'} as const;

/** @returns what an update changed, a line each; undefined when the run is asked to do just this already */
async function bringUpToDate(
  stage: Stage,
  run: RunId,
  prepared: PreparedWorkflow,
  {update, confirmDelete}: Pick<RunRequest, 'update' | 'confirmDelete'>,
): Promise<readonly string[] | undefined> {
  const {state} = stage.ledger.open(run);
  if (state.spec.fingerprint === prepared.fingerprint) return undefined;
  const {askedNow, updateRun} = await import('./update-run.ts');
  if (!update)
    throw new RunDiffers(run, describeDifference(askedNow(state), prepared), stage.ledger.summary(run) !== undefined);
  if (!confirmDelete) requireConfirmed(prepared.workflow);
  return updateRun(stage, run, prepared);
}

async function updatedReport(
  stage: Stage,
  run: RunId,
  report: RunReport,
  updated: readonly string[],
): Promise<RunReport> {
  const {begunMeanwhile, failedBefore} = await import('./update-run.ts');
  const {state} = stage.ledger.open(run);
  const late = begunMeanwhile(state).map((step) => `; ${step} began at this very moment and goes on as it was`);
  const failed = failedBefore(state).map(
    (step) => `; ${step} failed before: once the run has ended, stage resume ${run}`,
  );
  const message = `${run} is updated (${updated.join('; ')})${[...late, ...failed].join('')}`;
  return {...report, did: 'updated', message};
}

/** Nothing is deleted on the strength of one word in a file. @throws {RequestWrong} naming the steps that delete */
function requireConfirmed({steps}: Workflow): void {
  const unconfirmed = steps.flatMap((step) =>
    step.kind === 'transfer' && step.options.deleteExtra && !step.confirmDelete ? [step] : [],
  );
  if (unconfirmed.length === 0) return;
  throw new RequestWrong(
    `${count(unconfirmed.length, 'step')} would delete files at the destination, and nobody has confirmed that`,
    {
      code: 'DELETE_NOT_CONFIRMED',
      why: 'delete_extra removes at the destination what the source does not have',
      details: unconfirmed.map(
        ({name, to}) => `${name}: everything below ${to.collection}:${to.path} that its source does not have`,
      ),
      next: [
        'If that is meant: the same command with --confirm-delete, or confirm_delete: true beside delete_extra in the file.',
      ],
    },
  );
}

/** What is worth knowing before a run begins. Loaded only for a new run. @throws {CheckFailed} when it cannot work */
async function checked(
  stage: Stage,
  prepared: PreparedWorkflow,
  adopt: Readonly<Record<string, TaskId>>,
): Promise<Finding[]> {
  const {preflight, requirePassed} = await import('../shared/preflight/preflight.ts');
  const findings = await preflight(stage, prepared, {probe: false, adopted: Object.keys(adopt)});
  requirePassed(prepared.name, findings);
  return findings.filter(({level}) => level === 'note');
}

/** Tasks to adopt, by step, seen to do that step's work as far as can be told. Loaded only where somebody adopts. */
async function adoptions(
  stage: Stage,
  texts: readonly string[],
  {workflow}: PreparedWorkflow,
  {run, exists}: {readonly run: RunId; readonly exists: boolean},
): Promise<{readonly adopted: Readonly<Record<string, CheckedTask>>; readonly untold: readonly Finding[]}> {
  if (texts.length === 0) return {adopted: {}, untold: []};
  const [{findOne, readAdoptions}, {checkTask, untold}] = await Promise.all([
    import('./adopt/adopt.ts'),
    import('./adopt/check-adopted.ts'),
  ]);
  const engine = await stage.engine();
  const adopted: Record<string, CheckedTask> = {};
  for (const [name, asked] of Object.entries(readAdoptions(texts, workflow))) {
    const step = chooseTransfer(workflow, name);
    const task = asked === 'find' ? await findOne(engine, run, step, {exists}) : asked;
    adopted[name] = await checkTask(engine.transfers, task, step, {run: exists ? run : undefined, force: false});
  }
  const state = exists ? stage.ledger.open(run).state : undefined;
  return {adopted, untold: Object.entries(adopted).flatMap(([step, checked]) => untold(step, checked, state))};
}

async function graftTask(stage: Stage, run: RunId, step: string, task: CheckedTask): Promise<void> {
  const {graft} = await import('./adopt/adopt.ts');
  const {workflow} = stage.ledger.open(run).state.spec;
  graft(stage, await stage.engine(), run, chooseTransfer(workflow, step, run), {...task, forced: false});
}

async function start(
  stage: Stage,
  prepared: PreparedWorkflow,
  number: number,
  adopt: Readonly<Record<string, TaskId>>,
): Promise<RunReport> {
  const {name, workflow, scriptHashes, fingerprint} = prepared;
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
    ...(Object.keys(adopt).length > 0 ? {adopt} : {}),
  };
  const created = stage.ledger.createRun(number, spec, prepared.scripts);
  const run = created ?? stage.ledger.find(name);
  if (!run)
    throw new StageError({
      code: 'RUN_VANISHED',
      exit: EXIT.conflict,
      what: `another process created run ${name} and it is gone again`,
      next: ['Run the same command again.'],
    });
  if (!created && stage.ledger.open(run).state.spec.fingerprint !== fingerprint)
    throw new RunDiffers(run, describeDifference(stage.ledger.open(run).state.spec, prepared), false);
  return advance(stage, run, false, created !== undefined);
}

async function advance(stage: Stage, run: RunId, askedAgain: boolean, created = false): Promise<RunReport> {
  const looked = await reconcile(await stage.engine(), {rebuild: true});
  const view = await viewOf(stage, run, looked);
  const mine = looked.done.filter((done) => done.run === run);
  const submitted = {
    jobs: mine.filter(({action}) => action.do === 'submit-job').length,
    transfers: mine.filter(({action}) => action.do === 'submit-transfer').length,
  };
  const problems = problemsOf(looked);
  const did = created ? 'created' : mine.length > 0 ? 'repaired' : 'nothing';
  return {
    did,
    message: view.state === 'cancelling' ? `${run} is being cancelled` : messageFor(run, did, submitted, askedAgain),
    run: view,
    submitted,
    notes: stage.profile.staging.network ? [] : [noNetwork(stage.profile)],
    problems,
    exit: exitOf(view, problems),
  };
}

function messageFor(run: RunId, did: RunReport['did'], submitted: RunReport['submitted'], askedAgain: boolean): string {
  const what = [
    ...(submitted.transfers > 0 ? [count(submitted.transfers, 'transfer')] : []),
    ...(submitted.jobs > 0 ? [count(submitted.jobs, 'job')] : []),
  ].join(' and ');
  const active = askedAgain ? `${run} is still active, so --again started nothing` : `${run} is under way`;
  if (did === 'created') return `${run} is created${what ? `; submitted ${what}` : ''}`;
  return did === 'repaired'
    ? `${active}${what ? `; submitted ${what} that had been missing` : ''}`
    : `${active}; nothing had to be submitted`;
}

/** A run of this name exists, and does something else. */
export class RunDiffers extends RequestWrong {
  constructor(run: RunId, differences: readonly string[], ended: boolean) {
    super(`${run} exists, and was asked to do something else`, {
      code: 'RUN_DIFFERS',
      details: differences,
      why: 'a run is known by its name; what was changed is listed above',
      next: ended
        ? [
            'Start a new run of this name: the same command with --again',
            `Or keep what has succeeded: the same command with --update, then stage resume ${run}`,
            'Or give it another name: --name NAME',
          ]
        : [
            'Change the steps of it that have not begun: the same command with --update',
            'Or give the new one another name: --name NAME',
            `Or end the old one first: stage cancel ${run}`,
          ],
    });
  }
}
