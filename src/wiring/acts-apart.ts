import type {ActDone, Acts, ActTask} from '../base/act.ts';
import {parseJson} from '../base/json.ts';
import type {Worker} from '../process/worker.ts';

/** Beyond its own bound: what is being done when that is over, and the start of the process. */
const GRACE_MS = 10_000;

/** How long an act may take that has no bound of its own. */
const OTHERS_MS = 5_000;

export interface ActsApartOptions {
  readonly start: () => Worker;
  readonly here: () => Promise<Acts>;
  readonly graceMs?: number | undefined;
}

/**
 * Acts in another process: a file system that does not answer keeps that one waiting, and no look. After the first act that
 * hangs the others of this process are left to the next look.
 */
export function actsApart({start, here, graceMs = GRACE_MS}: ActsApartOptions): Acts {
  let worker: Worker | undefined;
  let hung: ActDone | undefined;
  return {
    async perform(task, reach) {
      if (reach) return (await here()).perform(task, reach); // a test has this process die at a change
      if (hung) return hung;
      worker ??= start();
      const limitMs = graceMs + (task.do === 'tidy' ? OTHERS_MS : task.bounds.ms);
      const answer = await worker.ask(JSON.stringify(task), limitMs);
      const done = answer === undefined ? undefined : (parseJson(answer) as ActDone | undefined); // written by the same version
      if (done) return done;
      hung = {
        is: 'trouble',
        trouble: {code: 'NO_ANSWER', path: pathOf(task), said: `no answer within ${limitMs / 1000} s`},
      };
      return hung;
    },
  };
}

function pathOf({request}: ActTask): string {
  return request.act === 'remove' ? (request.paths[0] ?? '') : request.from;
}
