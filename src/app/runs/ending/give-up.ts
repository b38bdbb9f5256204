import type {TaskId} from '../../../base/ids.ts';
import type {JobId} from '../../../base/job-id.ts';
import {count} from '../../../base/units.ts';
import {RequestWrong, StageError} from '../../../errors.ts';
import {LedgerDamaged} from '../../../ledger/damage.ts';
import {leftOf, type OpenTaskSubmission} from '../../../ledger/readable-facts.ts';
import {parseRunId, type RunId} from '../../../ledger/state-directory.ts';
import type {RunSummary} from '../../../ledger/summary.ts';
import {findSubmitted} from '../../../submission/find-submitted.ts';
import {type TaskSeen, type TransferService, taskHasEnded} from '../../../transfer/transfer-service.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {findRun} from '../../shared/choose.ts';
import {exitOfProblems, problemDocuments} from '../../shared/look-results.ts';
import {viewSummary} from '../../shared/run-view.ts';
import {alreadyEnded, type CancelReport} from './cancel.ts';

/**
 * End a run that is set aside because its record is damaged: what can be read tells its jobs and tasks, which are deleted
 * and cancelled; then it is sealed as cancelled, and its files stay. Safe to repeat.
 *
 * @throws {NoSuchRun} {RequestWrong} for a run that can be read
 */
export async function giveUpRun(stage: RunsStage, name: string): Promise<CancelReport> {
  const run = findRun(stage, name);
  const ended = stage.ledger.summary(run);
  if (ended) return alreadyEnded(ended);
  const damage = damageOf(stage, run);
  if (!damage) throw new CanBeRead(run);
  const engine = await stage.engine();
  const {jobs, tags, claims, tasks, submissions} = leftOf(stage.ledger.readableFacts(run));
  const problems: StageError[] = [];
  // Before PBS is asked: what it takes later runs no script.
  for (const claim of claims) stage.ledger.create(run, claim, {at: engine.clock(), void: true, why: GIVEN_UP});
  const found = await trying(problems, () => engine.scheduler.findByTag(tags), new Map<string, JobId>());
  const seen = await engine.scheduler.look([...new Set([...jobs, ...found.values()])]);
  const there = [...seen].flatMap(([job, {kind}]) => (kind === 'live' || kind === 'no-evidence' ? [job] : []));
  problems.push(...(await engine.scheduler.deleteAll(there)).values());
  const states = await trying(problems, () => engine.transfers.look(tasks), new Map<TaskId, TaskSeen>());
  const searched = await trying(problems, () => search(engine.transfers, submissions), undefined);
  const moving = [
    ...tasks.filter((task) => !isOver(states.get(task))),
    ...(searched ?? []).flatMap(({task}) => task ?? []),
  ];
  for (const task of moving) await trying(problems, () => engine.transfers.cancel(task), undefined);
  const given = summaryOf(stage, run, damage, engine.clock());
  const documents = problemDocuments(problems);
  const at = `Its files stay in ${stage.ledger.layout.runs}/${run}`;
  if (documents.length > 0) {
    const unknown = searched ? [] : submissions.map((one) => `Globus may have a task of ${inWords(one)}`);
    const later = `${run} is not given up yet, since something of it may go on: run the same command again later`;
    const message = [later, ...unknown].join('; ');
    return {message, run: viewSummary(given), problems: documents, exit: exitOfProblems(documents)};
  }
  stage.ledger.sealAside(
    run,
    given,
    tags.filter((tag) => !found.has(tag)),
  );
  const did = `${count(there.length, 'job')} deleted, ${count(moving.length, 'task')} cancelled`;
  const told = (searched ?? []).map(({said}) => ` ${said}.`).join('');
  const message = `${run} is given up: ${did}.${told} What is not on record any more may be left: qstat -u $USER; stage transfer list. ${at}`;
  return {message, run: viewSummary(given), problems: [], exit: 0};
}

/** What Globus has for a submission that is not confirmed. */
interface Searched {
  /** the one that is this run's; undefined when there is none, or it cannot be told which */
  readonly task?: TaskId | undefined;
  readonly said: string;
}

async function search(
  transfers: Pick<TransferService, 'recent'>,
  submissions: readonly OpenTaskSubmission[],
): Promise<readonly Searched[]> {
  const found = await findSubmitted(
    transfers,
    submissions.map(({request}) => request),
  );
  return submissions.map((submission, index): Searched => {
    const tasks = (found[index] ?? []).map(({task}) => task);
    const [task] = tasks;
    const of = inWords(submission);
    if (task === undefined) return {said: `Globus lists no task under way of ${of}`};
    if (tasks.length === 1) return {task, said: `Globus has the task ${task} of ${of}`};
    // Runs of one name in two state directories: which is ours is not known.
    return {
      said: `Globus has ${tasks.join(' and ')} with the label of ${of}: none was cancelled, since one is another's`,
    };
  });
}

function inWords({submissionId, request}: OpenTaskSubmission): string {
  return `the submission ${submissionId}, which was not confirmed (label "${request.label}")`;
}

const GIVEN_UP = 'the run was given up';

function isOver(seen: TaskSeen | undefined): boolean {
  return seen?.kind === 'task' && taskHasEnded(seen);
}

/** @returns undefined when the run can be read */
function damageOf({ledger}: RunsStage, run: RunId): LedgerDamaged | undefined {
  try {
    ledger.open(run);
    return undefined;
  } catch (error) {
    if (error instanceof LedgerDamaged) return error;
    throw error;
  }
}

/** What PBS or Globus do not do is told, and keeps the run from being given up. */
async function trying<T>(problems: StageError[], ask: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    problems.push(error);
    return otherwise;
  }
}

function summaryOf(stage: RunsStage, run: RunId, {why}: LedgerDamaged, now: number): RunSummary {
  const {name = run, number = 0} = parseRunId(run) ?? {};
  const createdAt = stage.ledger.readableSpec(run)?.createdAt ?? now;
  return {
    format: 1,
    run,
    name,
    number,
    profile: stage.profile.name,
    state: 'cancelled',
    why: `given up by ${stage.person}: ${why}`,
    fingerprint: '',
    givenUp: true,
    createdAt,
    endedAt: now,
    steps: [],
  };
}

class CanBeRead extends RequestWrong {
  constructor(run: RunId) {
    super(`${run} can be read, and is not given up`, {
      code: 'NOT_DAMAGED',
      why: '--give-up is for a run whose record is damaged',
      next: [`Cancel it: stage cancel ${run}`],
    });
  }
}
