import type {JobId} from '../../src/base/job-id.ts';
import type {CommandResult} from '../../src/process/run-command.ts';
import qstat from './fixtures/qstat.json' with {type: 'json'};
import qsubRefusals from './fixtures/qsub-refusals.json' with {type: 'json'};

/** One command as it was recorded on an OpenPBS 23.06 host. */
interface Recorded {
  readonly cmd: string;
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function recordedQstat(name: keyof typeof qstat): CommandResult {
  return resultOf(qstat[name]);
}

export const recordedRefusals: readonly CommandResult[] = qsubRefusals.map(resultOf);

function resultOf(recorded: Recorded): CommandResult {
  return answer({asked: recorded.cmd, exitCode: recorded.rc, stdout: recorded.stdout, stderr: recorded.stderr});
}

/** A command's result; well and silent unless said otherwise. */
export function answer(parts: Partial<CommandResult>): CommandResult {
  return {asked: 'a command', exitCode: 0, stdout: '', stderr: '', timedOut: false, notFound: false, ...parts};
}

export function jobId(text: string): JobId {
  return text as JobId; // tests make ids as facts would hold them
}
