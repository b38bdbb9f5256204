import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, onTestFinished, test, vi} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {SchedulerRefused, SchedulerUnreachable} from '../../src/scheduler/scheduler.ts';
import {fakePbs} from './fake-pbs.ts';
import {jobId, recordedQstat} from './recorded.ts';
import {aRequest} from './requests.ts';

const HISTORY = {historyKept: true, serverName: 'pbs-sn1'};
const NO_HISTORY = {historyKept: false, serverName: 'pbs-sn1'};
const DOWN = {rc: 162, stderr: 'Connection refused\nqsub: cannot connect to server pbs-sn1 (errno=15010)\n'};
const QSTAT_DOWN = {...DOWN, rc: 255, stdout: recordedQstat('server down').stdout};
const SERVER = {stdout: recordedQstat('server, json').stdout};
const SERVER_WITHOUT_HISTORY = {stdout: SERVER.stdout.replace(/"job_history_enable":.*\n/, '')};
const JOB = jobId('1238.pbs-sn1');

/** A qstat document with these jobs, each with a tag and a state. */
function document(jobs: Record<string, {tag?: string; state?: string}>): {stdout: string} {
  const shown = Object.entries(jobs).map(([id, {tag, state}]) => [
    id,
    {
      Job_Name: 'j',
      job_state: state ?? 'Q',
      queue: 'workq',
      Variable_List: tag === undefined ? {} : {STAGE_INTENT: tag},
    },
  ]);
  return {
    stdout: JSON.stringify({
      timestamp: 1,
      pbs_version: '23.06.06',
      pbs_server: 'pbs-sn1',
      Jobs: Object.fromEntries(shown),
    }),
  };
}

test('submits in the working directory, with an argument vector', async () => {
  const pbs = await fakePbs({qsub: {stdout: '4.pbs-sn1\n', before: 'pwd >> "$d/log"'}});
  const request = aRequest({
    script: `${pbs.directory}/it's a job.sh`,
    workdir: pbs.directory,
    startAt: Date.UTC(2026, 0, 2),
  });
  expect(await pbs.scheduler.submit(request)).toEqual({kind: 'submitted', job: '4.pbs-sn1'});
  expect(await pbs.log()).toEqual([
    `TZ=UTC qsub -f -a 202601020000.00 -v STAGE_INTENT=s-1 ${pbs.directory}/it's a job.sh`,
    pbs.directory,
  ]);
});

test('a job submitted from a job of ours, whose tag stands in the environment, bears its own tag under #PBS -V', async () => {
  vi.stubEnv('STAGE_INTENT', 's-monitor.7');
  onTestFinished(() => void vi.unstubAllEnvs());
  const pbs = await fakePbs({qsub: {stdout: '4.pbs-sn1\n', before: 'echo "env $STAGE_INTENT" >> "$d/log"'}});
  await pbs.scheduler.submit(aRequest({tag: 's-mine', workdir: pbs.directory}));
  expect(await pbs.log()).toContain('env s-mine');
});

test('qsub tells of the shell that is named, and not of this process', async () => {
  vi.stubEnv('LANG', 'C');
  vi.stubEnv('TZ', 'Asia/Tokyo');
  onTestFinished(() => void vi.unstubAllEnvs());
  const pbs = await fakePbs({
    qsub: {stdout: '4.pbs-sn1\n', before: 'echo "of $LANG ${TZ-none} $STAGE_INTENT" >> "$d/log"'},
  });
  const origin = {LANG: 'de_DE.UTF-8', TZ: undefined};
  await pbs.scheduler.submit(aRequest({tag: 's-mine', workdir: pbs.directory, origin}));
  expect(await pbs.log()).toContain('of de_DE.UTF-8 none s-mine');
});

test('a submission is tried again while no connection is made', async () => {
  const pbs = await fakePbs({qsub: [DOWN, DOWN, {stdout: '4.pbs-sn1\n'}]});
  expect(await pbs.scheduler.submit(aRequest({workdir: pbs.directory}))).toMatchObject({kind: 'submitted'});
  expect(await pbs.log()).toHaveLength(3);
});

test('a server may have an underscore in its name: its jobs are known by what qsub, qselect and qstat print', async () => {
  const id = jobId('1238.pbs_sn1');
  const running = {stdout: recordedQstat('running, json').stdout.replaceAll('pbs-sn1', 'pbs_sn1')};
  const pbs = await fakePbs({qsub: {stdout: `${id}\n`}, qselect: {stdout: `${id}\n`}, qstat: running}, HISTORY);
  expect(await pbs.scheduler.submit(aRequest({workdir: pbs.directory}))).toEqual({kind: 'submitted', job: id});
  expect((await pbs.scheduler.look([id])).get(id)?.kind).toBe('live');
});

test('a qsub that printed an id is never sent again, though its wrapper could not connect afterwards', async () => {
  const pbs = await fakePbs({qsub: {...DOWN, stdout: '4.pbs-sn1\n'}});
  const told = await pbs.scheduler.submit(aRequest({workdir: pbs.directory}));
  expect(told).toMatchObject({kind: 'unclear', why: expect.stringContaining('it printed 4.pbs-sn1')});
  expect(await pbs.log()).toHaveLength(1);
});

test('a server that stays down is reported after three tries', async () => {
  const pbs = await fakePbs({qsub: DOWN});
  expect((await pbs.scheduler.submit(aRequest({workdir: pbs.directory}))).kind).toBe('unreachable');
  expect(await pbs.log()).toHaveLength(3);
});

test.each([
  ['refused', {rc: 170, stderr: 'qsub: Unknown queue\n'}],
  ['unclear', {rc: 77}],
  ['unclear', {before: 'kill -9 $$'}],
])('a submission that is %s is not sent again', async (kind, told) => {
  const pbs = await fakePbs({qsub: told});
  expect((await pbs.scheduler.submit(aRequest({workdir: pbs.directory}))).kind).toBe(kind);
  expect(await pbs.log()).toHaveLength(1);
});

test('a qsub that does not answer in time is ended, and leaves it unclear', async () => {
  const pbs = await fakePbs({qsub: {before: 'exec sleep 60'}}, HISTORY, 200);
  const began = Date.now();
  expect((await pbs.scheduler.submit(aRequest({workdir: pbs.directory}))).kind).toBe('unclear');
  expect(Date.now() - began).toBeLessThan(5000);
  expect(await pbs.log()).toHaveLength(1);
});

test('a working directory that is gone is a refusal that names it', async () => {
  const pbs = await fakePbs({qsub: {stdout: '4.pbs-sn1\n'}});
  const told = await pbs.scheduler.submit(aRequest({workdir: '/nonexistent/dir'}));
  expect(told.kind === 'refused' && told.error.why).toContain('/nonexistent/dir');
  expect(await pbs.log()).toEqual([]);
});

test('without PBS commands nothing is concluded, and the setting is named', async () => {
  const pbs = await fakePbs({});
  expect((await pbs.scheduler.submit(aRequest({workdir: pbs.directory}))).kind).toBe('unreachable');
  expect((await pbs.scheduler.look([JOB])).get(JOB)?.kind).toBe('no-evidence');
  await expect(pbs.scheduler.findByTag(['s-1'])).rejects.toThrow(SchedulerUnreachable);
});

test('a request that PBS would garble is refused without asking', async () => {
  const pbs = await fakePbs({qsub: {stdout: '4.pbs-sn1\n'}});
  expect((await pbs.scheduler.submit(aRequest({tag: 'a,b'}))).kind).toBe('refused');
  expect(await pbs.log()).toEqual([]);
});

test('looks at all jobs with one question, in UTC', async () => {
  const pbs = await fakePbs({qstat: {stdout: recordedQstat('running, json').stdout}}, HISTORY);
  const seen = await pbs.scheduler.look([JOB, jobId('7.pbs-sn1'), JOB]);
  expect([...seen].map(([id, job]) => [id, job.kind])).toEqual([
    [JOB, 'live'],
    ['7.pbs-sn1', 'unknown'],
  ]);
  expect(await pbs.log()).toEqual(['TZ=UTC qstat -x -E -f -F json 1238.pbs-sn1 7.pbs-sn1']);
});

test.each([
  [450, 'pbs-sn1', 1],
  [1000, 'a-server-with-a-name.of.some.length.example.org', 2],
])(
  '%i jobs of %s are %i questions, each short enough for a command line, with an entry for each job',
  async (count, server, questions) => {
    const ids = Array.from({length: count}, (_, n) => jobId(`${n + 1}.${server}`));
    const pbs = await fakePbs({qstat: document({})}, HISTORY);
    expect((await pbs.scheduler.look(ids)).size).toBe(count);
    const log = await pbs.log();
    expect(log).toHaveLength(questions);
    expect(log.flatMap((line) => line.split(' ').filter((word) => word.endsWith(server)))).toEqual(ids);
    for (const line of log) expect(line.length).toBeLessThan(40_000);
  },
);

test('ids of a server that was renamed since do not hide the jobs of the one that is there', async () => {
  const old = jobId('12.oldserver');
  const illegal = {rc: 1, stderr: `qstat: illegally formed job identifier: ${old}\n`};
  const running = recordedQstat('running, json').stdout;
  // as a real qstat: it fails as a whole where a server's name does not resolve
  const pbs = await fakePbs({qstat: {stdout: running, before: 'case $* in *oldserver*) n=99;; esac'}}, HISTORY);
  await mkdir(path.join(pbs.directory, 'qstat.99'));
  for (const [part, text] of Object.entries({before: '', stdout: '', ...illegal}))
    await writeFile(path.join(pbs.directory, 'qstat.99', part), String(text));
  const seen = await pbs.scheduler.look([old, JOB]);
  expect(seen.get(JOB)).toMatchObject({kind: 'live', state: 'running'});
  expect(seen.get(old)).toEqual({kind: 'no-evidence', why: expect.stringContaining('illegally formed')});
});

test('without history a job that -E does not show is asked for again: it may have moved to another server', async () => {
  const seven = jobId('7.pbs-sn1');
  const moved = {...recordedQstat('running, wide'), stderr: `qstat: Unknown Job Id ${seven}\n`, rc: 153};
  const pbs = await fakePbs({qstat: [SERVER_WITHOUT_HISTORY, document({}), moved]});
  const seen = await pbs.scheduler.look([JOB, seven]);
  expect([seen.get(JOB), seen.get(seven)]).toMatchObject([{kind: 'live', state: 'running'}, {kind: 'unknown'}]);
  expect((await pbs.log()).at(-1)).toBe(`TZ=UTC qstat -f -w ${JOB} ${seven}`);
});

test('without history a second question that is not answered leaves no evidence, not an unknown job', async () => {
  const pbs = await fakePbs({qstat: [SERVER_WITHOUT_HISTORY, document({}), QSTAT_DOWN]});
  expect((await pbs.scheduler.look([JOB])).get(JOB)?.kind).toBe('no-evidence');
});

test('a job that was moved is shown as such while history is kept', async () => {
  const running = recordedQstat('running, json').stdout;
  const pbs = await fakePbs({qstat: {stdout: running.replace('"R"', '"M"')}}, HISTORY);
  expect((await pbs.scheduler.look([JOB])).get(JOB)).toMatchObject({kind: 'live', state: 'moved'});
  expect(await pbs.log()).toHaveLength(1);
});

test('a word that is no id is not passed to qstat, which would take it for a queue', async () => {
  const pbs = await fakePbs({qstat: document({})}, HISTORY);
  expect((await pbs.scheduler.look([jobId('workq'), jobId('')])).get(jobId('workq'))?.kind).toBe('no-evidence');
  expect(await pbs.log()).toEqual([]);
});

test('a look at a server that is down is no evidence about any job', async () => {
  const pbs = await fakePbs({qstat: QSTAT_DOWN}, HISTORY);
  const seen = await pbs.scheduler.look([JOB, jobId('7.pbs-sn1')]);
  expect([...seen.values()].map((job) => job.kind)).toEqual(['no-evidence', 'no-evidence']);
});

test('JSON that cannot be read is asked for as text, folded where -w is not known', async () => {
  const pbs = await fakePbs(
    {
      qstat: [
        {stdout: recordedQstat('old encoder prints invalid JSON').stdout},
        {rc: 2, stderr: "qstat: invalid option -- 'w'\nusage: qstat\n"},
        {stdout: recordedQstat('running, folded').stdout},
      ],
    },
    HISTORY,
  );
  expect((await pbs.scheduler.look([JOB])).get(JOB)).toMatchObject({kind: 'live', name: 'sel_r'});
  expect(await pbs.log()).toEqual([
    'TZ=UTC qstat -x -E -f -F json 1238.pbs-sn1',
    'TZ=UTC qstat -x -f -w 1238.pbs-sn1',
    'TZ=UTC qstat -x -f 1238.pbs-sn1',
  ]);
});

test('history that was switched off meanwhile is noticed, and live jobs are still seen', async () => {
  const pbs = await fakePbs(
    {
      qstat: [
        {stderr: 'qstat: PBS is not configured to maintain job history \n'},
        SERVER_WITHOUT_HISTORY,
        {stdout: recordedQstat('running, json').stdout},
      ],
    },
    HISTORY,
  );
  expect((await pbs.scheduler.look([JOB])).get(JOB)?.kind).toBe('live');
  expect(pbs.cached()).toEqual(NO_HISTORY);
});

test('a remembered "no history" is checked before a job is called unknown', async () => {
  const pbs = await fakePbs(
    {qstat: [document({}), SERVER, {stdout: recordedQstat('finished, json').stdout}]},
    NO_HISTORY,
  );
  const job = jobId('4.pbs-sn1');
  expect((await pbs.scheduler.look([job])).get(job)).toMatchObject({kind: 'ended', exitStatus: 0});
  expect(pbs.cached()).toEqual(HISTORY);
});

test('without history unknown jobs are unknown, and the server is asked about it once', async () => {
  const unknown = {rc: 153, stderr: `qstat: Unknown Job Id ${JOB}\n`};
  const pbs = await fakePbs({qstat: [SERVER_WITHOUT_HISTORY, document({}), unknown]});
  expect((await pbs.scheduler.look([JOB])).get(JOB)).toEqual({kind: 'unknown'});
  await pbs.scheduler.look([JOB]);
  expect((await pbs.log()).filter((line) => line.includes(' -B '))).toHaveLength(1);
});

test('what the server can do is read from text where JSON is of no use', async () => {
  const pbs = await fakePbs({
    qstat: [
      {stdout: '{'},
      {stdout: 'Server: pbs-sn1\n    server_state = Active\n    job_history_enable = True\n\n'},
      document({}),
    ],
  });
  await pbs.scheduler.look([JOB]);
  expect(pbs.cached()).toEqual(HISTORY);
});

test('finds jobs by their tags among the own ones, the live one where two have the same', async () => {
  const pbs = await fakePbs(
    {
      qselect: {stdout: '5.pbs-sn1\n6.pbs-sn1\n7[].pbs-sn1\n'},
      qstat: document({
        '5.pbs-sn1': {tag: 'a', state: 'H'},
        '6.pbs-sn1': {tag: 'a', state: 'F'},
        '7[].pbs-sn1': {tag: 'b'},
      }),
    },
    HISTORY,
  );
  expect([...(await pbs.scheduler.findByTag(['a', 'b', 'c']))].sort()).toEqual([
    ['a', '5.pbs-sn1'],
    ['b', '7[].pbs-sn1'],
  ]);
  expect((await pbs.log())[0]).toBe('TZ= qselect -x -u alice');
});

test.each([
  ['qselect cannot connect', {qselect: DOWN, qstat: document({})}],
  ['qstat cannot connect', {qselect: {stdout: '5.pbs-sn1\n'}, qstat: QSTAT_DOWN}],
  ['qstat is cut short', {qselect: {stdout: '5.pbs-sn1\n'}, qstat: {stdout: '{"timestamp": 1, "Jobs": {"5.pbs'}}],
])('a search in which %s finds nothing out, not "no such job"', async (_, answers) => {
  const pbs = await fakePbs(answers, HISTORY);
  await expect(pbs.scheduler.findByTag(['a'])).rejects.toThrow(SchedulerUnreachable);
});

test.each([
  ['without a state', {job_state: undefined}],
  ['with an exit status that is no number', {job_state: 'F', Exit_status: 'soon'}],
])('a job %s that is shown with its variables hides nothing in a search', async (_, attributes) => {
  const shown = JSON.parse(document({'5.pbs-sn1': {tag: 'a'}, '6.pbs-sn1': {}}).stdout);
  Object.assign(shown.Jobs['6.pbs-sn1'], attributes);
  const pbs = await fakePbs(
    {qselect: {stdout: '5.pbs-sn1\n6.pbs-sn1\n'}, qstat: {stdout: JSON.stringify(shown)}},
    HISTORY,
  );
  expect([...(await pbs.scheduler.findByTag(['a', 'b']))]).toEqual([['a', '5.pbs-sn1']]);
});

test('deletes, releases, holds and moves with one id a command', async () => {
  const pbs = await fakePbs({qdel: {}, qrls: {}, qhold: {}, qalter: {}}, HISTORY);
  await pbs.scheduler.delete(JOB);
  await pbs.scheduler.release(JOB);
  await pbs.scheduler.hold(JOB);
  await pbs.scheduler.moveStart(JOB, Date.UTC(2026, 0, 2, 3, 4, 5));
  expect(await pbs.log()).toEqual([
    `TZ= qdel ${JOB}`,
    `TZ= qrls -h u ${JOB}`,
    `TZ= qhold -h u ${JOB}`,
    `TZ=UTC qalter -a 202601020304.05 ${JOB}`,
  ]);
});

const changes = ['qdel', 'qrls', 'qhold', 'qalter'] as const;
const change = async (command: (typeof changes)[number], told: {rc: number; stderr: string}) => {
  const pbs = await fakePbs({[command]: told}, HISTORY);
  if (command === 'qdel') await pbs.scheduler.delete(JOB);
  if (command === 'qrls') await pbs.scheduler.release(JOB);
  if (command === 'qhold') await pbs.scheduler.hold(JOB);
  if (command === 'qalter') await pbs.scheduler.moveStart(JOB, 0);
};

test.each(changes)('%s of a job that has finished or is not known is no error', async (command) => {
  await change(command, {rc: 35, stderr: `${command}: Job has finished ${JOB}\n`});
  await change(command, {rc: 153, stderr: `${command}: Unknown Job Id ${JOB}\n`});
});

test.each(changes)("%s of another user's job is refused, with PBS's words", async (command) => {
  const refused = change(command, {rc: 159, stderr: `${command}: Unauthorized Request  ${JOB}\n`});
  await expect(refused).rejects.toThrow(SchedulerRefused);
  await expect(refused).rejects.toHaveProperty('why', expect.stringContaining('Unauthorized Request'));
});

test.each(changes)('%s at a server that is down, or with an answer of no table, concludes nothing', async (command) => {
  await expect(
    change(command, {rc: 162, stderr: "Connection refused\nCouldn't connect to cluster: pbs-sn1\n"}),
  ).rejects.toThrow(SchedulerUnreachable);
  await expect(change(command, {rc: 99, stderr: ''})).rejects.toThrow(SchedulerUnreachable);
});

test('deleting a member of an array that has finished is no error', async () => {
  const pbs = await fakePbs({qdel: {rc: 55, stderr: 'qdel: Request invalid for finished array subjob 4[3].pbs-sn1\n'}});
  await pbs.scheduler.delete(jobId('4[3].pbs-sn1'));
  expect(await pbs.log()).toHaveLength(1);
});

test('moving the start of a job that runs already is no error', async () => {
  await change('qalter', {rc: 167, stderr: 'qalter: Cannot modify attribute while job running  Execution_Time 4\n'});
  await expect(change('qdel', {rc: 168, stderr: 'qdel: Request invalid for state of job 4\n'})).rejects.toThrow(
    SchedulerRefused,
  );
});

describe('what is asked for many jobs', () => {
  const jobs = ['1.pbs-sn1', '2.pbs-sn1', '3.pbs-sn1'] as JobId[];
  const commandsOf = async (pbs: Awaited<ReturnType<typeof fakePbs>>) =>
    (await pbs.log()).map((line) => line.replace('TZ= ', ''));

  test('is one command where PBS keeps finished jobs', async () => {
    const pbs = await fakePbs({qdel: {}, qrls: {}}, HISTORY);
    expect(await pbs.scheduler.deleteAll(jobs)).toEqual(new Map());
    expect(await pbs.scheduler.releaseAll(jobs)).toEqual(new Map());
    expect(await commandsOf(pbs)).toEqual([`qdel ${jobs.join(' ')}`, `qrls -h u ${jobs.join(' ')}`]);
  });

  test('is a qdel for each where it forgets them: one that is unknown, as the last of several, ends the server', async () => {
    const pbs = await fakePbs({qdel: {}, qrls: {}}, {...HISTORY, historyKept: false});
    await pbs.scheduler.deleteAll(jobs);
    await pbs.scheduler.releaseAll(jobs);
    expect(await commandsOf(pbs)).toEqual([...jobs.map((job) => `qdel ${job}`), `qrls -h u ${jobs.join(' ')}`]);
  });

  test('is asked singly when it was not done for all, and tells for which not', async () => {
    const unauthorized = {rc: 159, stderr: 'qdel: Unauthorized Request  2.pbs-sn1\n'};
    const finished = {rc: 35, stderr: 'qdel: Job has finished 3.pbs-sn1\n'};
    const pbs = await fakePbs({qdel: [unauthorized, {}, unauthorized, finished]}, HISTORY);
    const notDone = await pbs.scheduler.deleteAll(jobs);
    expect([...notDone.keys()]).toEqual([jobs[1]]);
    expect(notDone.get(jobs[1] as JobId)).toBeInstanceOf(SchedulerRefused);
    expect(await commandsOf(pbs)).toHaveLength(4);
  });

  test('fails for all at once when PBS is away', async () => {
    const away = {rc: 162, stderr: 'Connection refused\nqrls: cannot connect to server pbs-sn1 (errno=15010)\n'};
    const pbs = await fakePbs({qrls: away}, HISTORY);
    expect([...(await pbs.scheduler.releaseAll(jobs)).keys()]).toEqual(jobs);
    expect(await pbs.log()).toHaveLength(3); // one command, tried again
  });

  test('ends with the first that PBS does not answer, also where it is a command for each', async () => {
    const away = {rc: 162, stderr: 'Connection refused\nqdel: cannot connect to server pbs-sn1 (errno=15010)\n'};
    const pbs = await fakePbs({qdel: [{}, away]}, NO_HISTORY);
    expect([...(await pbs.scheduler.deleteAll(jobs)).keys()]).toEqual([jobs[1], jobs[2]]);
    expect(await pbs.log()).toHaveLength(1 + 3); // the second one is tried three times, the third not at all
  });

  test('is a command for each server, and for each hundred', async () => {
    const pbs = await fakePbs({qrls: {}}, HISTORY);
    const many = Array.from({length: 150}, (_, at) => `${at}.pbs-sn1` as JobId);
    await pbs.scheduler.releaseAll([...many, '1.other' as JobId]);
    expect((await commandsOf(pbs)).map((line) => line.split(' ').length - 3)).toEqual([100, 50, 1]);
  });
});
