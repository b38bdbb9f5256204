import type {Job} from '../server/store/job.ts';
import {showIndices} from './array-range.ts';
import {longDate} from './dates.ts';
import {showDepend} from './depend.ts';
import {showDuration} from './durations.ts';

/** The attributes of a job in the order every long format shows them (measured on OpenPBS 23.06). */

/** An attribute is a text, or a group of resources. */
export type Shown = readonly [name: string, value: string | readonly (readonly [string, string])[]];

export interface View {
  readonly server: string;
  readonly tz?: string;
  readonly now: number;
  /** a manager sees a little more of other people's jobs */
  readonly manager?: boolean;
}

/** A real server hears of the job's processes about a second after it sent the job out: substate 41, then 42. */
const SETTLE_MS = 1000;

export function shownSubstate(job: Job, now: number): number {
  if (job.state === 'R' && job.parent === undefined)
    return now - (job.stime ?? now) < SETTLE_MS || job.sessionId === undefined ? 41 : 42;
  return job.substate;
}

/** resources_used of a job that has run long enough for them to be known. */
export function usedResources(job: Job, now: number): Record<string, string> | undefined {
  if (job.resourcesUsed) return job.resourcesUsed;
  if (job.state !== 'R' || shownSubstate(job, now) !== 42) return undefined;
  return measured(job, now);
}

/** What was used until an instant. Processor time and memory are not accounted by the stand-in and read as zero. */
export function measured(job: Job, until: number): Record<string, string> {
  return {
    cpupercent: '0',
    cput: '00:00:00',
    mem: '0kb',
    ncpus: job.resources.ncpus ?? '1',
    vmem: '0kb',
    walltime: showDuration((until - (job.stime ?? until)) / 1000),
  };
}

const sorted = (list: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1));

export function jobAttributes(job: Job, view: View): Shown[] {
  const {server, tz, now} = view;
  const shown: Shown[] = [];
  const text = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) shown.push([name, String(value)]);
  };
  const date = (name: string, at: number | undefined): void =>
    text(name, at === undefined ? undefined : longDate(at, tz));
  const group = (name: string, list: Readonly<Record<string, string>> | undefined): void => {
    const entries = sorted(list ?? {}).filter(([, value]) => value !== '');
    if (entries.length > 0) shown.push([name, entries]);
  };
  const substate = shownSubstate(job, now);
  const known = job.state !== 'R' || substate === 42;
  text('Job_Name', job.name);
  text('Job_Owner', `${job.owner}@${server}`);
  group('resources_used', usedResources(job, now));
  text('job_state', job.state);
  text('queue', job.queue);
  text('server', server);
  text('Account_Name', job.account);
  text('Checkpoint', job.checkpoint);
  date('ctime', job.ctime);
  text('depend', job.depend.length > 0 ? showDepend(job.depend, server) : undefined);
  text('Error_Path', job.errorPath);
  text('exec_host', job.execHost);
  text('exec_vnode', job.execVnode);
  date('Execution_Time', job.executionTime);
  text('group_list', job.groupList);
  text('Hold_Types', job.holds === '' ? 'n' : job.holds);
  text('Join_Path', job.join);
  text('Keep_Files', job.keep);
  text('Mail_Points', job.mailPoints);
  text('Mail_Users', job.mailUsers);
  date('mtime', job.mtime);
  text('Output_Path', job.outputPath);
  text('Priority', job.priority);
  date('qtime', job.qtime);
  text('Remove_Files', job.removeFiles);
  text('Rerunable', job.rerunnable ? 'True' : 'False');
  group('Resource_List', job.resources);
  if (view.manager) text('schedselect', job.resources.select);
  text('Shell_Path_List', job.shell);
  date('stime', job.stime);
  if (known) text('session_id', job.sessionId);
  date('obittime', job.obittime);
  text('stagein', job.stagein);
  text('stageout', job.stageout);
  if (known) text('jobdir', job.jobdir);
  text('sandbox', job.sandbox);
  text('substate', substate);
  text('User_List', job.userList);
  text('Variable_List', job.variables);
  if (view.manager) {
    text('euser', job.owner);
    text('egroup', job.group);
    text('queue_rank', job.ctime * 1000 + (job.seq % 999) + 1); // microseconds, never whole milliseconds
    text('queue_type', 'E');
  }
  text('comment', job.comment);
  date('etime', job.etime);
  text('umask', job.umask);
  text('block', job.block ? 'True' : undefined);
  text('run_count', job.runCount > 0 ? job.runCount : undefined);
  text('Stageout_status', job.stageoutStatus);
  text('Exit_status', job.exitStatus);
  if (job.array) {
    const {remaining, expired, submitted} = job.array;
    const running = Math.max(0, job.array.submittedCount - remaining.length - job.array.ended);
    text('array', job.state === 'F' ? undefined : 'True');
    // Measured: while the array lives, those that have ended count as well.
    const gone = job.state === 'F' ? expired : job.array.ended;
    text('array_state_count', `Queued:${remaining.length} Running:${running} Exiting:0 Expired:${gone}`);
    text('array_indices_submitted', submitted);
    text('array_indices_remaining', showIndices(remaining, submitted));
  }
  text('array_id', job.parent);
  text('array_index', job.index);
  text('Submit_arguments', job.submitArguments);
  text('history_timestamp', job.historyTime === undefined ? undefined : Math.floor(job.historyTime / 1000));
  text('executable', job.executable && `<jsdl-hpcpa:Executable>${job.executable}</jsdl-hpcpa:Executable>`);
  text(
    'argument_list',
    job.argumentList && job.argumentList.length > 0
      ? job.argumentList.map((word) => `<jsdl-hpcpa:Argument>${word}</jsdl-hpcpa:Argument>`).join('')
      : undefined,
  );
  text('project', job.project);
  text('Submit_Host', server);
  text('max_run_subjobs', job.array?.limit);
  return shown;
}
