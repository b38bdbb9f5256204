import {appendFileSync, existsSync, mkdirSync, unlinkSync} from 'node:fs';
import {join} from 'node:path';
import type {Reach} from './crash-points.ts';

/**
 * Die where a file says so: SIGKILL at a point whose name stands in a directory, as `POINT of RUN` for one run or as
 * `POINT` for any. The process that can remove the file dies, so that one process does, once.
 *
 * With a file `.record` there, the points that are reached are written to `.seen/PID`, one a line.
 */
export function crashPointsInDirectory(directory: string): Reach {
  const recording = existsSync(join(directory, '.record'));
  const seen = join(directory, '.seen');
  if (recording) mkdirSync(seen, {recursive: true});
  return (point, run) => {
    const named = run === undefined ? point : `${point} of ${run}`;
    if (recording) appendFileSync(join(seen, String(process.pid)), `${named}\n`);
    if (take(join(directory, named)) || (named !== point && take(join(directory, point))))
      process.kill(process.pid, 'SIGKILL');
  };
}

function take(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // a test that is set up wrongly must not pass
    return false;
  }
}
