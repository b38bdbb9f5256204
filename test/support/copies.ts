import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {JobId} from '../../src/base/job-id.ts';
import type {Scheduler} from '../../src/scheduler/scheduler.ts';
import {type CopySettings, createCopyTransfer} from '../../src/transfer/copy/copy-transfer.ts';
import {FakeScheduler, requestOf} from './fakes.ts';

/** What copies work with: a record in a directory, and PBS in memory. Their jobs do what a test says. */
export class CopyWorld {
  readonly scheduler = new FakeScheduler();
  readonly ways: string;
  now = Date.parse('2026-11-30T12:00:00Z');

  constructor(directory: string) {
    this.ways = join(directory, 'ways');
  }

  /** Another process. */
  open(
    change: Partial<Omit<CopySettings, 'scheduler'>> & {
      scheduler?: Pick<Scheduler, 'submit' | 'look' | 'findByTag' | 'delete'>;
    } = {},
  ) {
    return createCopyTransfer({
      ways: this.ways,
      ensureHome: () => {},
      scheduler: this.scheduler,
      request: ({directory, claim, tag}) => requestOf(join(directory, `${claim}.sh`), tag, {}),
      deadlineMs: 90_000,
      lostGraceMs: 120_000,
      clock: () => this.now,
      newWord: () => `w${Math.random().toString(36).slice(2)}`,
      by: 'test',
      ...change,
    });
  }

  private mark(task: string, name: string, value: object): void {
    writeFileSync(join(this.ways, task.replace('copy-', ''), `${name}.json`), `${JSON.stringify(value)}\n`);
  }

  /** The job of this number claims the copy. */
  begin(task: string, number: number): void {
    const job = this.jobOf(task, number);
    this.scheduler.show(job, {kind: 'live', state: 'running', userHold: false, otherHold: false, name: '', queue: ''});
    this.mark(task, `job-${number}.start`, {job, host: 'node1', at: '2026-11-30T12:00:01Z'});
  }

  end(task: string, number: number, code = '', more: object = {}): void {
    const job = this.jobOf(task, number);
    this.mark(task, `job-${number}.end`, {
      job,
      code,
      why: '',
      bytes: 5,
      files: 1,
      faults: 0,
      at: '2026-11-30T12:00:09Z',
      ...more,
    });
    this.scheduler.finish(job, code === '' ? 0 : 1);
  }

  plan(task: string, number: number, bytes: number, files: number): void {
    this.mark(task, `job-${number}.plan`, {bytes, files, at: '2026-11-30T12:00:02Z'});
  }

  jobOf(task: string, number: number): JobId {
    const [job] = this.scheduler.submitted(`${task.replace('copy-', '')}/job-${number}.sh`);
    if (!job) throw new Error(`no job ${number} of ${task}`);
    return job;
  }

  /** how many jobs were ever submitted for a copy */
  jobsOf(task: string): number {
    return this.scheduler.submitted(`${task.replace('copy-', '')}/`).length;
  }
}
