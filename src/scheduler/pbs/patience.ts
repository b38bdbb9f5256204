import type {CommandResult, RunCommand} from '../../process/run-command.ts';
import {saysCannotConnect} from './explain.ts';
import {printedJobId} from './job-id.ts';

/** Two more tries after 0.4 s and 1 s: a server that is being restarted, not one that is down. */
const REPEAT = {retries: 2, minTimeout: 400, factor: 2.5};

/**
 * A RunCommand that asks again when no connection was made, and only then: nothing was sent, so even qsub may be
 * repeated. A timeout is never repeated, since what was asked for may have happened; nor is a qsub that printed an id,
 * since a site's wrapper may have lost the connection in what it asks after PBS took the job.
 */
export function patiently(run: RunCommand, repeat = REPEAT): RunCommand {
  return async (command, argv, options) => {
    const nothingSent = (done: CommandResult) =>
      saysCannotConnect(done) && !(command === 'qsub' && printedJobId(done.stdout) !== undefined);
    let last: CommandResult = await run(command, argv, options);
    if (!nothingSent(last)) return last;
    // Most of the time there is an answer, and nobody pays for loading this.
    const {default: pRetry} = await import('p-retry');
    let tries = 0;
    const ask = async (): Promise<CommandResult> => {
      if (tries++ > 0) last = await run(command, argv, options);
      if (nothingSent(last)) throw new Error('cannot connect'); // for p-retry alone; the answer is in `last`
      return last;
    };
    return await pRetry(ask, {...repeat, shouldRetry: () => nothingSent(last)}).catch((error: unknown) => {
      if (!nothingSent(last)) throw error;
      return last;
    });
  };
}
