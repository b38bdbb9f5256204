import type {Pace} from '../../base/pace.ts';
import type {RunCommand} from '../../process/run-command.ts';

/** A storm of processes delays each of their questions by this much, and no more. */
const LONGEST_WAIT_MS = 15_000;

/**
 * PBS commands that wait for their turn. A qsub waits for a quarter of its time limit at most: its intent is on record,
 * and another process counts on it being over by the deadline (submission/deadline.ts).
 */
export function pacedCommands(run: RunCommand, pace: Pace, timeoutMs: number): RunCommand {
  const ofQsub = Math.min(LONGEST_WAIT_MS, timeoutMs / 4);
  return async (command, argv, options) => {
    await pace(command === 'qsub' ? ofQsub : LONGEST_WAIT_MS);
    return run(command, argv, options);
  };
}
