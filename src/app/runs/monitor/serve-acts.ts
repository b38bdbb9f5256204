import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import type {ActDone, ActTask} from '../../../base/act.ts';
import {createActs} from '../../../files/acts.ts';

/** Do the acts that come in, a line each, and answer each by a line: what a look starts another process for. */
export async function serveActs(input: Readable, output: Writable): Promise<void> {
  const acts = createActs();
  for await (const line of createInterface({input})) {
    const task = JSON.parse(line) as ActTask; // the same version of stage has written it
    const done = await acts.perform(task).catch((error: Error): ActDone => {
      const path = task.request.act === 'remove' ? (task.request.paths[0] ?? '') : task.request.from;
      return {is: 'trouble', trouble: {code: 'DEFECT', path, said: error.message}};
    });
    output.write(`${JSON.stringify(done)}\n`);
  }
}
