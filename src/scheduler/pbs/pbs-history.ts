import {isSameJob, type JobId, readJobId} from '../../base/job-id.ts';
import {DAY_MS} from '../../base/time.ts';
import type {RunCommand} from '../../process/run-command.ts';
import type {HistoryLine, JobHistory} from '../history.ts';
import {IN_UTC} from './dates.ts';
import {explainUnreachable, saysCannotConnect, saysNoCommand, whyLost} from './explain.ts';
import {readQstatText} from './qstat-text.ts';
import {linesOf, readTrace} from './read-history.ts';

/** tracejob reads one log file a day; a month of them is what a person waits for. */
const MOST_DAYS = 31;

export function createPbsHistory(run: RunCommand): JobHistory {
  /** The logs can be read on the server's host alone; elsewhere tracejob finds nothing, or is not there. */
  async function trace(job: JobId, since: number): Promise<HistoryLine[]> {
    const days = Math.min(Math.max(Math.ceil((Date.now() - since) / DAY_MS) + 1, 1), MOST_DAYS);
    return readTrace((await run('tracejob', ['-n', String(days), job])).stdout);
  }

  async function record(job: JobId): Promise<HistoryLine[]> {
    let done = await run('qstat', ['-x', '-f', '-w', job], {env: IN_UTC});
    if (/not configured to maintain job history/.test(done.stderr))
      done = await run('qstat', ['-f', '-w', job], {env: IN_UTC});
    if (saysNoCommand(done) || saysCannotConnect(done) || whyLost(done) !== undefined) throw explainUnreachable(done);
    const records = readQstatText(done.stdout) ?? [];
    return records.filter(({id}) => isSameJob(id, job)).flatMap(linesOf);
  }

  return {
    async ofJob(job, since) {
      if (readJobId(job) === undefined) return [];
      const traced = await trace(job, since);
      const lines = traced.length > 0 ? traced : await record(job);
      return lines.toSorted((a, b) => a.at - b.at);
    },
  };
}
