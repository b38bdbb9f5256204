import {StageError} from '../../../errors.ts';
import type {JobRecord} from '../../../ledger/run-facts.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {chooseSteps, openRun} from '../../shared/choose.ts';
import type {LogEntry} from './render-logs.ts';

/**
 * What PBS itself put down about the jobs of a run: queued, held, started, ended, resources used.
 *
 * A PBS that cannot be queried is one entry that says so: the rest of the log is worth reading without it.
 *
 * @param request `own`: also launchers and sentinels
 * @throws {NoSuchRun} {NoSuchStep}
 */
export async function collectPbsLogs(
  stage: RunsStage,
  request: {readonly run: string; readonly steps: readonly string[]; readonly own: boolean},
): Promise<LogEntry[]> {
  const {id, state} = openRun(stage, request.run);
  chooseSteps(state.spec.workflow, request.steps, id);
  const history = await stage.history();
  const entries: LogEntry[] = [];
  for (const {name: step} of state.spec.workflow.steps) {
    if (request.steps.length > 0 && !request.steps.includes(step)) continue;
    for (const attempt of state.attempts.get(step) ?? [])
      for (const record of attempt.jobs) {
        if (!record.job || (record.role !== 'job' && !request.own)) continue;
        const about = {step, attempt: attempt.number, source: 'pbs'} as const;
        try {
          const lines = await history.ofJob(record.job, record.intent.at);
          entries.push(...lines.map(({at, text}) => ({...about, at: timeOf(at), text: `${record.job} ${text}`})));
          if (lines.length === 0) entries.push({...about, ...forgotten(record)});
        } catch (error) {
          if (!(error instanceof StageError)) throw error;
          return [...entries, {at: timeOf(Date.now()), source: 'pbs', text: `${error.message}: ${error.why}`}];
        }
      }
  }
  return entries;
}

function forgotten({job, intent}: JobRecord): Pick<LogEntry, 'at' | 'text'> {
  return {at: timeOf(intent.at), text: `${job} PBS has no record of it (any more)`};
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
