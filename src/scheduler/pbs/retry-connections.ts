import type {CommandResult, RunCommand} from '../../process/run-command.ts';
import {saysCannotConnect} from './explain.ts';
import {printedJobId} from './read-qsub.ts';

/** Two more tries after 0.4 s and 1 s: a server that is being restarted, not one that is down. */
const REPEAT = {retries: 2, minTimeout: 400, factor: 2.5};

export interface RetrySettings {
  /** for all tries of one command together, in milliseconds: a caller that wrote a deadline before asking relies on it */
  readonly timeoutMs: number;
  /** pauses between tries; the default takes 1.4 s in all */
  readonly repeat?: {readonly retries: number; readonly minTimeout: number; readonly factor: number};
}

/**
 * A RunCommand that asks again when no connection was made, and only then: nothing was sent, so even qsub may be
 * repeated. A timeout is never repeated, since what was asked for may have happened; nor is a qsub that printed an id,
 * since a site's wrapper may have lost the connection in what it asks after PBS took the job.
 *
 * A try is begun only while half of the time is left: one that is cut short leaves it unclear what happened.
 */
export function retryingConnections(run: RunCommand, {timeoutMs: usual, repeat = REPEAT}: RetrySettings): RunCommand {
  return async (command, argv, options) => {
    const timeoutMs = options?.timeoutMs ?? usual;
    const began = performance.now();
    const leftMs = () => Math.ceil(timeoutMs - (performance.now() - began));
    const nothingSent = (done: CommandResult) =>
      saysCannotConnect(done) && !(command === 'qsub' && printedJobId(done.stdout) !== undefined);
    let last: CommandResult = await run(command, argv, {...options, timeoutMs});
    if (!nothingSent(last)) return last;
    // Loaded only where there was no answer.
    const {default: pRetry} = await import('p-retry');
    let tries = 0;
    const ask = async (): Promise<CommandResult> => {
      if (tries++ > 0 && leftMs() >= timeoutMs / 2) last = await run(command, argv, {...options, timeoutMs: leftMs()});
      if (nothingSent(last)) throw new Error('cannot connect'); // for p-retry alone; the answer is in `last`
      return last;
    };
    const shouldRetry = () => nothingSent(last) && leftMs() >= timeoutMs / 2;
    return await pRetry(ask, {...repeat, shouldRetry}).catch((error: unknown) => {
      if (!nothingSent(last)) throw error;
      return last;
    });
  };
}
