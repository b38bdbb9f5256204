import fc from 'fast-check';
import {expect, test} from 'vitest';
import {isSameJob, memberOf} from '../../src/base/job-id.ts';
import type {CommandResult} from '../../src/process/run-command.ts';
import {readQstat} from '../../src/scheduler/pbs/read-qstat.ts';
import {type JobSeen, mayHaveStarted} from '../../src/scheduler/scheduler.ts';
import {answer, jobId, recordedQstat} from './recorded.ts';

const JSON_WITH_HISTORY = {form: 'json', history: true} as const;
const TEXT = {form: 'text', history: true} as const;

function seen(
  id: string,
  done: CommandResult,
  how: {form: 'json' | 'text'; history: boolean} = JSON_WITH_HISTORY,
): JobSeen {
  const read = readQstat([jobId(id)], done, how);
  if (read.kind !== 'seen') throw new Error(`not seen but ${JSON.stringify(read)}`);
  return read.jobs.get(jobId(id)) ?? {kind: 'no-evidence', why: 'no entry'};
}

/** The recorded job that ended well, with other attributes. */
function finished(change: Record<string, unknown>): CommandResult {
  const recorded = recordedQstat('finished, json');
  const document = JSON.parse(recorded.stdout);
  const job = document.Jobs['4.pbs-sn1'];
  for (const [name, value] of Object.entries(change)) job[name] = value;
  return {...recorded, stdout: JSON.stringify(document)};
}

test('a running job is live, with its dates in UTC', () => {
  expect(seen('1238.pbs-sn1', recordedQstat('running, json'))).toEqual({
    kind: 'live',
    state: 'running',
    userHold: false,
    otherHold: false,
    name: 'sel_r',
    queue: 'workq',
    comment: 'Job run at Sat Nov 21 at 06:45 on (pbs-sn1:ncpus=1)',
    runCount: 1,
    walltimeSeconds: 600,
    submittedAt: Date.UTC(2026, 10, 21, 6, 45, 0),
    startedAt: Date.UTC(2026, 10, 21, 6, 45, 0),
    tag: '', // it has variables, and none of ours
  });
});

test('a waiting job tells when it may start', () => {
  expect(seen('1237.pbs-sn1', recordedQstat('waiting, json'))).toMatchObject({
    state: 'waiting',
    startAt: Date.UTC(2030, 0, 1),
  });
});

/** Source of the forms: OpenPBS, qstat(1B) and the job attribute `estimated`; versions print a date or an epoch. */
test.each([
  ['a date', 'Sat Nov 21 14:00:00 2026', Date.UTC(2026, 10, 21, 14)],
  ['seconds', '1795269600', 1_795_269_600_000],
  ['UNKNOWN', 'UNKNOWN', undefined],
])('an estimated start that is %s is read alike from JSON and text, and so is the walltime', (_, shown, start) => {
  const json = recordedQstat('waiting, json');
  const document = JSON.parse(json.stdout);
  Object.assign(document.Jobs['1237.pbs-sn1'], {
    job_state: 'Q',
    estimated: {exec_vnode: '(n1:ncpus=1)', start_time: shown},
    Resource_List: {walltime: '02:00:00'},
  });
  const text = `Job Id: 1237.pbs-sn1\n    job_state = Q\n    Resource_List.walltime = 02:00:00\n    estimated.exec_vnode = (n1:ncpus=1)\n    estimated.start_time = ${shown}\n\n`;
  for (const job of [
    seen('1237.pbs-sn1', {...json, stdout: JSON.stringify(document)}),
    seen('1237.pbs-sn1', {...json, stdout: text}, TEXT),
  ]) {
    expect(job).toMatchObject({kind: 'live', state: 'queued', walltimeSeconds: 7200});
    expect(job.kind === 'live' && job.estimatedStart).toBe(start);
  }
});

test('an array of which a member has begun is running, and an array id is asked and answered with its brackets', () => {
  const begun = recordedQstat('running, json');
  const array = {...begun, stdout: begun.stdout.replace('1238.pbs-sn1', '1238[].pbs-sn1').replace('"R"', '"B"')};
  expect(seen('1238[].pbs-sn1', array)).toMatchObject({kind: 'live', state: 'running'});
  expect(seen('1238.pbs-sn1', array).kind).not.toBe('live');
});

test.each([
  ['4', '4.pbs-sn1', true],
  ['4.pbs-sn1', '4.pbs-sn1.example.org', true],
  ['4.PBS-SN1.example.org', '4.pbs-sn1', true],
  ['4[3].pbs-sn1', '4[3].pbs-sn1', true],
  ['4[3].pbs-sn1', '4[].pbs-sn1', false],
  ['4[].pbs-sn1', '4.pbs-sn1', false],
  ['4.pbs-sn1', '4.pbs-sn2', false],
  ['4.pbs-sn1', '41.pbs-sn1', false],
])('%s and %s name one job: %s', (one, other, same) => {
  expect(isSameJob(one, other)).toBe(same);
  expect(isSameJob(other, one)).toBe(same);
});

test('an array says which members it was submitted with', () => {
  const range = (text: string) => seen('4.pbs-sn1', finished({array_indices_submitted: text}));
  expect(range('0-3')).toMatchObject({array: {first: 0, last: 3, step: 1}});
  expect(range('1-6:2')).toMatchObject({array: {first: 1, last: 6, step: 2}});
  expect(memberOf(jobId('4[].pbs-sn1'), 3)).toBe('4[3].pbs-sn1');
});

test.each(['running, folded', 'running, wide'] as const)('%s text says the same as JSON', (form) => {
  const fromJson = seen('1238.pbs-sn1', recordedQstat('running, json'));
  expect(seen('1238.pbs-sn1', recordedQstat(form), TEXT)).toEqual(fromJson);
});

test('one answer tells about several jobs, and the id it leaves out is unknown', () => {
  const asked = ['1244.pbs-sn1', '1245.pbs-sn1', '1246.pbs-sn1', '1247.pbs-sn1'].map(jobId);
  const read = readQstat(asked, recordedQstat('express, four ids'), JSON_WITH_HISTORY);
  const kinds = read.kind === 'seen' ? [...read.jobs.values()].map((job) => job.kind) : [];
  expect(kinds).toEqual(['live', 'live', 'live', 'unknown']);
});

test('a job that its dependency removed is not taken for a success', () => {
  expect(seen('245.pbs-sn1', recordedQstat('removed by its dependency'))).toMatchObject({
    kind: 'ended',
    how: 'removed',
    reason: 'removed because of a dependency, without having run',
  });
  expect(seen('245.pbs-sn1', recordedQstat('removed by its dependency'))).not.toHaveProperty('exitStatus');
});

test.each([
  [{Exit_status: 0}, 'ran', 'exit status 0'],
  [{Exit_status: '3', substate: '93'}, 'ran', 'exit status 3'],
  [{Exit_status: 143, substate: 93}, 'ran', 'exit status 143 (killed by signal 15)'],
  [{Exit_status: 271, substate: 91}, 'ran', 'killed by signal 15 (qdel)'],
  [{Exit_status: 265, substate: 93}, 'ran', 'killed by signal 9'],
  [{Exit_status: -29, substate: 93}, 'ran', 'killed: walltime exceeded'],
  [{Exit_status: 127, substate: 93}, 'ran', 'exit status 127 (command not found)'],
  [{Exit_status: undefined, substate: 91}, 'deleted', 'deleted before it started'],
  [{Exit_status: undefined, substate: 92}, 'removed', 'removed because of a dependency, without having run'],
])('an ended job with %o: %s, %s', (attributes, how, reason) => {
  expect(seen('4.pbs-sn1', finished(attributes))).toMatchObject({kind: 'ended', how, reason});
});

test('a job that was deleted while it ran is told from one that was signalled otherwise', () => {
  expect(seen('4.pbs-sn1', finished({Exit_status: 271, substate: 91}))).toMatchObject({deletedRunning: true});
  for (const other of [{Exit_status: 271, substate: 93}, {Exit_status: -29, substate: 93}, {substate: 91}])
    expect(seen('4.pbs-sn1', finished({Exit_status: undefined, ...other}))).not.toHaveProperty('deletedRunning');
});

test('a requeued job that still shows an exit status has not ended', () => {
  expect(seen('4.pbs-sn1', finished({job_state: 'H', Exit_status: -11, Hold_Types: 'us'}))).toMatchObject({
    kind: 'live',
    state: 'held',
    userHold: true,
    otherHold: true,
  });
});

test.each([
  ['a state that is missing', {job_state: undefined}],
  ['an exit status that is no number', {Exit_status: 'soon'}],
])('%s is no evidence', (_, attributes) => {
  expect(seen('4.pbs-sn1', finished(attributes)).kind).toBe('no-evidence');
});

test('the tag is found among the variables, and where an older encoder glued it to another value', () => {
  expect(seen('4.pbs-sn1', finished({Variable_List: {STAGE_INTENT: 's-7'}}))).toMatchObject({tag: 's-7'});
  expect(seen('4.pbs-sn1', finished({Variable_List: {EMPTY: ',STAGE_INTENT=s-7'}}))).toMatchObject({tag: 's-7'});
  expect(seen('4.pbs-sn1', finished({Variable_List: 'A=1,STAGE_INTENT=s-7,B=2'}))).toMatchObject({tag: 's-7'});
  expect(recordedQstat('old encoder loses a variable').stdout).toContain(',PBS_O_WORKDIR=');
});

test('the tag is found in folded text, also behind a value with an escaped comma', () => {
  const text = recordedQstat('running, folded');
  const stdout = text.stdout.replace('Variable_List = ', 'Variable_List = A=x\\,y,\n\tSTAGE_INT\n\tENT=s-8,');
  expect(seen('1238.pbs-sn1', {...text, stdout}, TEXT)).toMatchObject({tag: 's-8'});
});

test.each(['1238', '1238.PBS-SN1', '1238.pbs-sn1.example.org'])(
  '%s is the job that PBS shows as 1238.pbs-sn1',
  (id) => {
    expect(seen(id, recordedQstat('running, json')).kind).toBe('live');
  },
);

test('the same number at another server is neither this job nor proof of its absence', () => {
  expect(seen('1238.other', recordedQstat('running, json')).kind).toBe('no-evidence');
});

test('a whole document from a server that is down is no answer', () => {
  const asked = {...recordedQstat('server down'), asked: 'qstat -x -E -f -F json 20633.pbs-sn1'};
  const away = readQstat([jobId('20633.pbs-sn1')], asked, JSON_WITH_HISTORY);
  expect(away).toEqual({
    kind: 'no-answer',
    timedOut: false,
    why: expect.stringMatching(/^no connection to the server\. PBS said: "(?!.*20633)/),
  });
  expect(readQstat([jobId('1.pbs-sn1')], recordedQstat('no configuration'), JSON_WITH_HISTORY).kind).toBe('no-answer');
});

test.each([
  ['a timeout', answer({exitCode: undefined, timedOut: true, stdout: recordedQstat('history off').stdout})],
  ['a signal', answer({exitCode: undefined, signal: 'SIGKILL'})],
  ['a missing command', answer({exitCode: 127, stderr: 'qstat: command not found'})],
  ['an exit code of no table', answer({exitCode: 183, stderr: 'qstat: Protocol error'})],
  ['153 that does not come from PBS', answer({exitCode: 153, stderr: 'segmentation fault'})],
  ['35 without words', answer({exitCode: 35})],
])('%s is no answer', (_, done) => {
  expect(readQstat([jobId('1.pbs-sn1')], done, JSON_WITH_HISTORY).kind).toBe('no-answer');
});

test('every id is unknown when PBS knows none', () => {
  expect(seen('99999', recordedQstat('all unknown'))).toEqual({kind: 'unknown'});
  expect(seen('7.pbs-sn1', answer({exitCode: 153, stderr: 'qstat: Unknown Job Id 7.pbs-sn1\n'}))).toEqual({
    kind: 'unknown',
  });
});

test('an answer that contradicts what was assumed about history tells to ask again', () => {
  const offAfterAll = readQstat([jobId('1.pbs-sn1')], recordedQstat('history off'), JSON_WITH_HISTORY);
  expect(offAfterAll).toEqual({kind: 'history', kept: false});
  const onAfterAll = recordedQstat('held, one unknown, one finished, without history');
  expect(readQstat([jobId('1239.pbs-sn1')], onAfterAll, {form: 'text', history: false})).toEqual({
    kind: 'history',
    kept: true,
  });
});

test('in text form only an id that PBS names is unknown', () => {
  const done = answer({
    exitCode: 153,
    stdout: recordedQstat('running, wide').stdout,
    stderr: 'qstat: Unknown Job Id 7.pbs-sn1\n',
  });
  expect(seen('7.pbs-sn1', done, TEXT)).toEqual({kind: 'unknown'});
  expect(seen('8.pbs-sn1', done, TEXT).kind).toBe('no-evidence');
});

test('a banner of the site is no answer cut short when each id that was asked about is named unknown', () => {
  const banner = 'Welcome to the cluster. Maintenance on Friday.\n';
  const stderr = 'qstat: Unknown Job Id 7.pbs-sn1\nqstat: Unknown Job Id 8.pbs-sn1\n';
  const both = [jobId('7.pbs-sn1'), jobId('8.pbs-sn1')];
  const gone = readQstat(both, answer({exitCode: 153, stdout: banner, stderr}), TEXT);
  expect(gone.kind === 'seen' && [...gone.jobs.values()]).toEqual([{kind: 'unknown'}, {kind: 'unknown'}]);
  const three = readQstat([...both, jobId('9.pbs-sn1')], answer({exitCode: 153, stdout: banner, stderr}), TEXT);
  expect(three.kind).toBe('unreadable');
  const cut = answer({exitCode: 153, stdout: `${banner}Job Id: 7.pbs-sn1\n    Job_Na`, stderr});
  expect(readQstat(both, cut, TEXT).kind).toBe('unreadable');
  expect(readQstat(both, answer({stdout: banner, stderr}), TEXT).kind).toBe('unreadable');
});

test.each(['running, json', 'express, four ids', 'removed by its dependency', 'old encoder loses a variable'] as const)(
  '%s, cut at any place, leads to no conclusion',
  (name) => {
    const done = recordedQstat(name);
    const whole = done.stdout.trimEnd().length;
    for (let length = 0; length < whole; length += 1) {
      const read = readQstat([jobId('9.pbs-sn1')], {...done, stdout: done.stdout.slice(0, length)}, JSON_WITH_HISTORY);
      expect(read.kind, `cut after ${length}`).toBe('unreadable');
    }
  },
);

test('text cut at any place never makes a job unknown or gone', () => {
  const done = recordedQstat('running, wide');
  const two = done.stdout + done.stdout.replaceAll('1238.pbs-sn1', '1239.pbs-sn1');
  for (let length = 0; length < two.length; length += 1) {
    const read = readQstat([jobId('1239.pbs-sn1')], {...done, stdout: two.slice(0, length)}, TEXT);
    const kind = read.kind === 'seen' ? read.jobs.get(jobId('1239.pbs-sn1'))?.kind : 'unreadable';
    expect(['unreadable', 'no-evidence'], `cut after ${length}`).toContain(kind);
  }
});

test('invalid JSON of an older encoder is unreadable, not empty', () => {
  expect(
    readQstat([jobId('1.pbs-sn1')], recordedQstat('old encoder prints invalid JSON'), JSON_WITH_HISTORY).kind,
  ).toBe('unreadable');
});

test('whatever qstat prints and however it ends, only exit 0, 35 or 153 can make a job unknown', () => {
  const document = JSON.stringify({timestamp: 1, pbs_version: 'x', pbs_server: 'y'});
  const anyResult = fc.record({
    exitCode: fc.option(fc.integer({min: 0, max: 255}), {nil: undefined}),
    stdout: fc.oneof(fc.constant(document), fc.constant(''), fc.string(), fc.json()),
    stderr: fc.oneof(
      fc.constant(''),
      fc.constant('qstat: Unknown Job Id 1.pbs-sn1'),
      fc.constant('Connection refused'),
      fc.string(),
    ),
    timedOut: fc.boolean(),
  });
  fc.assert(
    fc.property(anyResult, fc.constantFrom('json', 'text'), (parts, form) => {
      const read = readQstat([jobId('1.pbs-sn1')], answer(parts), {form, history: true});
      if (read.kind !== 'seen' || read.jobs.get(jobId('1.pbs-sn1'))?.kind !== 'unknown') return;
      expect([0, 35, 153]).toContain(parts.exitCode);
      expect(parts.timedOut).toBe(false);
    }),
    {numRuns: 2000},
  );
});

test('values of any type in any attribute are read without a throw, and never end a job that is not in state F', () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.integer(), {maxLength: 2}),
  );
  const attributes = fc.dictionary(
    fc.constantFrom('Exit_status', 'substate', 'Hold_Types', 'comment', 'Variable_List', 'stime'),
    scalar,
  );
  fc.assert(
    fc.property(
      attributes,
      fc.constantFrom('Q', 'H', 'W', 'R', 'E', 'B', 'S', 'U', 'T', 'M', 'X', '?'),
      (change, job_state) => {
        expect(seen('4.pbs-sn1', finished({...change, job_state})).kind).toBe('live');
      },
    ),
  );
});

test.each([
  ['n', undefined],
  ['u', ['user']],
  ['su', ['user', 'system']],
  ['sop', ['operator', 'system', 'bad-password']],
])('Hold_Types %s are the holds %j', (letters, holds) => {
  const job = seen('4.pbs-sn1', finished({job_state: 'H', Hold_Types: letters}));
  expect(job.kind === 'live' && job.holds).toEqual(holds);
});

test('what a job still waits for is read from its dependencies, and mirrors of its dependents are not', () => {
  const depend = 'afterok:5.pbs-sn1@pbs-sn1:6.pbs-sn1@pbs-sn1,afterany:7[].pbs-sn1@pbs-sn1,beforeok:9.pbs-sn1@pbs-sn1';
  const job = seen('4.pbs-sn1', finished({job_state: 'H', depend}));
  expect(job).toMatchObject({waitsFor: ['5.pbs-sn1', '6.pbs-sn1', '7[].pbs-sn1']});
  expect(seen('4.pbs-sn1', finished({job_state: 'Q', depend: 'beforeany:9.pbs-sn1@pbs-sn1'}))).not.toHaveProperty(
    'waitsFor',
  );
});

test('a state letter that is not listed is live, may have started, and is shown as it is', () => {
  const stdout = 'Job Id: 4.pbs\n    Job_Name = a\n    job_state = Z\n    queue = workq\n\n';
  const job = seen('4.pbs', answer({stdout}), TEXT);
  expect(job).toMatchObject({kind: 'live', state: 'unlisted', stateLetter: 'Z'});
  expect(job.kind === 'live' && mayHaveStarted(job)).toBe(true);
});
