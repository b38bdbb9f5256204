import type {TaskId} from '../../../base/ids.ts';
import type {JobId} from '../../../base/job-id.ts';
import {count} from '../../../base/units.ts';
import {RequestWrong, StageError} from '../../../errors.ts';
import {LedgerDamaged} from '../../../ledger/damage.ts';
import {leftOf} from '../../../ledger/readable-facts.ts';
import {parseRunId, type RunId} from '../../../ledger/state-directory.ts';
import type {RunSummary} from '../../../ledger/summary.ts';
import {type TaskSeen, taskHasEnded} from '../../../transfer/transfer-service.ts';
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
  const {jobs, tags, claims, tasks} = leftOf(stage.ledger.readableFacts(run));
  const problems: StageError[] = [];
  // Before PBS is asked: what it takes later runs no script.
  for (const claim of claims) stage.ledger.create(run, claim, {at: engine.clock(), void: true, why: GIVEN_UP});
  const found = await trying(problems, () => engine.scheduler.findByTag(tags), new Map<string, JobId>());
  const seen = await engine.scheduler.look([...new Set([...jobs, ...found.values()])]);
  const there = [...seen].flatMap(([job, {kind}]) => (kind === 'live' || kind === 'no-evidence' ? [job] : []));
  problems.push(...(await engine.scheduler.deleteAll(there)).values());
  const states = await trying(problems, () => engine.transfers.look(tasks), new Map<TaskId, TaskSeen>());
  const moving = tasks.filter((task) => !isOver(states.get(task)));
  for (const task of moving) await trying(problems, () => engine.transfers.cancel(task), undefined);
  const given = summaryOf(stage, run, damage, engine.clock());
  const documents = problemDocuments(problems);
  const at = `Its files stay in ${stage.ledger.layout.runs}/${run}`;
  if (documents.length > 0) {
    const message = `${run} is not given up yet, since something of it may go on: run the same command again later`;
    return {message, run: viewSummary(given), problems: documents, exit: exitOfProblems(documents)};
  }
  stage.ledger.sealAside(
    run,
    given,
    tags.filter((tag) => !found.has(tag)),
  );
  const did = `${count(there.length, 'job')} deleted, ${count(moving.length, 'task')} cancelled`;
  const message = `${run} is given up: ${did}. What is not on record any more may be left: qstat -u $USER; stage transfer list. ${at}`;
  return {message, run: viewSummary(given), problems: [], exit: 0};
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
    createdAt: now,
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
