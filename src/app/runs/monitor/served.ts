import {RequestWrong} from '../../../errors.ts';
import type {Attempt} from '../../../ledger/run-facts.ts';
import {parseRunId, type RunId} from '../../../ledger/state-directory.ts';
import type {RunsStage} from '../../../wiring/stage.ts';

/** The attempt of a step that a job of stage serves. */
export interface Served {
  readonly run: RunId;
  readonly step: string;
  readonly attempt: number;
  /** prefix of the job's facts */
  readonly key: string;
}

/** @param text `RUN/KEY`, with KEY as in `stage-in.1.wait` @throws {RequestWrong} when it names no attempt of a run */
export function readServed(stage: RunsStage, text: string): Served {
  const [id = '', key = ''] = text.split('/');
  const [step = '', number = ''] = key.split('.');
  const run = parseRunId(id)?.id;
  const known = run && stage.ledger.find(run) && stage.ledger.open(run).state.attempts.has(step);
  if (!known || !/^[1-9]\d*$/.test(number))
    throw new RequestWrong(`--of ${text} is not an attempt of a run`, {
      next: ['This flag is for the jobs that stage itself submits.'],
    });
  return {run, step, attempt: Number(number), key};
}

/** @throws {RangeError} for one that is not there: attempts are never taken away */
export function attemptOf(stage: RunsStage, {run, step, attempt}: Served): Attempt {
  const found = stage.ledger.open(run).state.attempts.get(step)?.[attempt - 1];
  if (!found) throw new RangeError(`run ${run} has no attempt ${attempt} of ${step}`);
  return found;
}
