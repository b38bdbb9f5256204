import {expect, test} from 'vitest';
import type {CommandResult} from '../../src/process/run-command.ts';
import {createPbsHistory} from '../../src/scheduler/pbs/pbs-history.ts';
import {readTrace} from '../../src/scheduler/pbs/read-history.ts';
import {SchedulerUnreachable} from '../../src/scheduler/scheduler.ts';
import {answer, jobId, recordedQstat} from './recorded.ts';

/** As OpenPBS 23.06 printed it for root, shortened. */
const TRACE = `
Job: 20076.pbs-sn1

11/21/2026 07:01:51  L    Considering job to run
11/21/2026 07:01:51  S    Job Queued at request of alice@pbs-sn1, owner = alice@pbs-sn1, job name = sleep.sh, queue = workq
11/21/2026 07:01:51  A    user=alice group=alice jobname=sleep.sh queue=workq Resource_List.ncpus=1
11/21/2026 07:01:51  M    Started, pid = 27986
11/21/2026 07:02:01  M    walltime 10 exceeded limit 3
11/21/2026 07:02:12  M    kill_job
11/21/2026 07:02:13  S    Exit_status=-29 resources_used.cput=00:00:00 resources_used.walltime=00:00:21
11/21/2026 07:02:13  A    user=alice group=alice jobname=sleep.sh queue=workq Resource_List.ncpus=1 end=1795244533 Exit_status=-29 resources_used.walltime=00:00:21 run_count=1
`;

test('of a trace the server and the accounting are kept, and from the daemons what ended the job', () => {
  const at = (hours: number, minutes: number, seconds: number) =>
    new Date(2026, 10, 21, hours, minutes, seconds).getTime();
  expect(readTrace(TRACE)).toEqual([
    {at: at(7, 1, 51), text: expect.stringContaining('Job Queued at request of alice@pbs-sn1')},
    {at: at(7, 2, 1), text: 'walltime 10 exceeded limit 3'},
    {at: at(7, 2, 13), text: expect.stringContaining('Exit_status=-29')},
    {at: at(7, 2, 13), text: 'accounting: Exit_status=-29 resources_used.walltime=00:00:21 run_count=1'},
  ]);
});

test('what the accounting says of a job that its dependency removed is kept', () => {
  const line = '11/21/2026 07:02:13  A    Job deleted as result of dependency on job 5.pbs-sn1\n';
  expect(readTrace(line).map(({text}) => text)).toEqual([
    'accounting: Job deleted as result of dependency on job 5.pbs-sn1',
  ]);
});

function historyOf(answers: Readonly<Record<string, Partial<CommandResult>>>) {
  const asked: string[] = [];
  const history = createPbsHistory(async (command, argv) => {
    asked.push([command, ...argv].join(' '));
    return answer(answers[`${command} ${argv[0]}`] ?? answers[command] ?? {exitCode: undefined, notFound: true});
  });
  return {history, asked};
}

const JOB = jobId('1238.pbs-sn1');

test('where the logs can be read, they are asked as far back as the job is old, and no further question is put', async () => {
  const {history, asked} = historyOf({tracejob: {stdout: TRACE}});
  expect(await history.ofJob(JOB, Date.now() - 3.5 * 86_400_000)).toHaveLength(4);
  expect(asked).toEqual(['tracejob -n 5 1238.pbs-sn1']);
});

test.each([
  ['tracejob is not there', {}],
  ['tracejob finds nothing', {tracejob: {stdout: '\nJob: 1238.pbs-sn1\n\n'}}],
  ['tracejob may not', {tracejob: {exitCode: 1, stderr: 'tracejob: Permission denied'}}],
])('when %s, the record of qstat tells the life of the job', async (_what, trace) => {
  const {history} = historyOf({...trace, qstat: recordedQstat('running, wide')});
  const lines = await history.ofJob(JOB, Date.now());
  expect(lines.map(({text}) => text)).toEqual([
    'queued in workq',
    'eligible to run',
    'started on pbs-sn1/0',
    'state R',
    'Job run at Sat Nov 21 at 06:45 on (pbs-sn1:ncpus=1)',
  ]);
  expect(lines[0]?.at).toBe(Date.UTC(2026, 10, 21, 6, 45, 0));
});

test('a finished job tells how it ended and what it used; one that its dependency removed, that it never ran', async () => {
  const ended = recordedQstat('running, wide').stdout.replace('job_state = R', 'job_state = F\n    Exit_status = -29');
  const ran = await historyOf({qstat: {stdout: ended}}).history.ofJob(JOB, 0);
  expect(ran.map(({text}) => text)).toContain(
    'ended: killed: walltime exceeded; used cput=00:00:00 walltime=00:00:10 mem=7264kb vmem=10380kb',
  );
  const removed = recordedQstat('running, wide').stdout.replace('job_state = R', 'job_state = F');
  const never = await historyOf({qstat: {stdout: removed}}).history.ofJob(JOB, 0);
  expect(never.map(({text}) => text)).toContain('ended: without having run');
});

test('with the history off live jobs are still told, and a job that is forgotten has no lines', async () => {
  const off = {stderr: 'qstat: PBS is not configured to maintain job history\n'};
  const live = historyOf({'qstat -x': off, 'qstat -f': recordedQstat('running, wide')});
  expect(await live.history.ofJob(JOB, 0)).toHaveLength(5);
  const gone = historyOf({
    'qstat -x': off,
    'qstat -f': {exitCode: 153, stderr: 'qstat: Unknown Job Id 1238.pbs-sn1\n'},
  });
  expect(await gone.history.ofJob(JOB, 0)).toEqual([]);
});

test('a server that is away is no empty history', async () => {
  const away = {exitCode: 255, stderr: 'Connection refused\nqstat: cannot connect to server pbs (errno=15010)\n'};
  await expect(historyOf({qstat: away}).history.ofJob(JOB, 0)).rejects.toThrow(SchedulerUnreachable);
});
