import {reconcile} from '../../../engine/turn.ts';
import {EXIT, type ExitCode, StageError} from '../../../errors.ts';
import type {OpenRun} from '../../../ledger/ledger.ts';
import type {RunId} from '../../../ledger/state-directory.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {chooseRuns} from '../../shared/choose.ts';
import {
  exitOf,
  exitOfProblems,
  type ProblemDocument,
  problemDocuments,
  problemsOf,
  runViewAfter,
} from '../../shared/look-results.ts';
import {reopenItem} from '../../shared/reopen-item.ts';
import {type RunView, viewSummary} from '../../shared/run-view.ts';
import {type LostOutput, lostOutputs} from './lost-outputs.ts';
import {type Reopening, reopening, resumeDecision} from './reopen.ts';
import {ENDED} from './run-words.ts';
import {BeingCancelled} from './update-run.ts';

export interface ResumeRequest {
  /** undefined: all runs that have not ended */
  readonly run: string | undefined;
  /** steps that succeeded, and are to be done again */
  readonly redo: readonly string[];
}

export interface ResumedRun {
  readonly message: string;
  readonly run: RunView;
  /** steps that are tried again */
  readonly again: readonly string[];
  /** steps whose success stands */
  readonly kept: readonly string[];
}

export interface ResumeReport {
  readonly runs: readonly ResumedRun[];
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

/**
 * Resume a run: what the queue lost is submitted again, steps that failed are tried again, what succeeded is kept.
 * Of all runs only what the queue lost: failed ones need a person who has looked at why.
 *
 * @throws {NoSuchRun} {NoSuchStep} {RequestWrong} {BeingCancelled} {ResumedMeanwhile}
 */
export async function resumeRuns(stage: RunsStage, request: ResumeRequest): Promise<ResumeReport> {
  const {runs: chosen, damaged} = chooseRuns(stage, request.run);
  const asked = chosen.map(({id}) => id);
  const opened = new Map<RunId, Opened | undefined>();
  for (const run of request.run === undefined ? [] : chosen)
    opened.set(run.id, await open(stage, run, request.redo, await lostOutputs(stage, run)));
  const active = new Set(stage.ledger.activeRuns());
  if (!asked.some((run) => active.has(run))) {
    const problems = problemDocuments(damaged);
    return {runs: asked.flatMap((run) => nothingToResume(stage, run)), problems, exit: exitOfProblems(problems)};
  }
  const looked = await reconcile(await stage.engine(), {about: asked, rebuild: true});
  const problems = problemsOf(looked, damaged);
  const runs = await Promise.all(
    asked.map(async (run): Promise<ResumedRun> => {
      const submitted = looked.done.filter((done) => done.run === run && done.action.do.startsWith('submit-')).length;
      const reopened = opened.get(run);
      return {
        message: resumedInWords(run, reopened, submitted),
        run: await runViewAfter(stage, run, looked, {ofMany: asked.length > 1}),
        again: reopened?.again ?? [],
        kept: reopened?.kept ?? [],
      };
    }),
  );
  const [only] = runs;
  return {
    runs,
    problems,
    exit: request.run !== undefined && only ? exitOf(only.run, problems) : exitOfProblems(problems),
  };
}

/** @returns undefined when there is nothing to open: the run goes on, or has succeeded */
async function open(
  stage: RunsStage,
  chosen: OpenRun,
  asked: readonly string[],
  lost: readonly LostOutput[],
): Promise<Opened | undefined> {
  const run = chosen.id;
  const redo = [...new Set([...asked, ...lost.flatMap(({steps}) => steps)])];
  // A run that ends this moment would otherwise have an end, and steps that seem not to have begun.
  const {open: read, ended} = stage.ledger.withEnd(chosen);
  const sealed = ended !== undefined;
  if (read.state.cancel && !sealed) throw new BeingCancelled(run);
  const found = reopening(read.state, redo, sealed);
  if (!found) return undefined;
  if (ended) await reopenItem(stage, read, ended);
  const by = stage.person;
  if (!stage.ledger.resume(read, resumeDecision(found, {at: Date.now(), by}))) throw new ResumedMeanwhile(run);
  stage.ledger.append(run, {
    at: Date.now(),
    event: 'run-resumed',
    why: `again: ${found.again.join(', ') || 'nothing'}`,
    by: stage.by,
  });
  return {...found, lost};
}

interface Opened extends Reopening {
  readonly lost: readonly LostOutput[];
}

function nothingToResume(stage: RunsStage, run: RunId): ResumedRun[] {
  const summary = stage.ledger.summary(run);
  if (!summary) return [];
  const message = `${run} has ${ENDED[summary.state]}; there is nothing to resume. To repeat a step: --redo STEP`;
  return [{message, run: viewSummary(summary), again: [], kept: []}];
}

function resumedInWords(run: RunId, reopened: Opened | undefined, submitted: number): string {
  const did =
    submitted > 0
      ? `submitted ${submitted} ${submitted === 1 ? 'job or transfer' : 'jobs and transfers'}`
      : 'nothing had to be submitted';
  if (!reopened) return `${run} is under way; ${did}`;
  const kept = reopened.kept.length > 0 ? `; ${reopened.kept.join(', ')} succeeded before, and is kept` : '';
  const cleaned =
    reopened.cleanedUp.length > 0
      ? `. Note: ${reopened.cleanedUp.join(', ')} ran ${reopened.broken ? 'after the failure' : 'before'}; if it removed data that is needed, cancel, and resume with --redo for the steps that bring it`
      : '';
  const lost = reopened.lost.map(({step, why}) => `. What ${step} would move is made again: ${why}`).join('');
  return `${run} is resumed: ${reopened.again.join(', ')} again${kept}; ${did}${lost}${cleaned}`;
}

/** Two people, or two commands, resumed a run at the same moment. */
export class ResumedMeanwhile extends StageError {
  constructor(run: RunId) {
    super({
      code: 'RESUMED_MEANWHILE',
      exit: EXIT.conflict,
      what: `another command resumed ${run} at the same time`,
      next: [`See its state: stage status ${run}`],
    });
  }
}
