import fc from 'fast-check';
import {expect, test} from 'vitest';
import {isForRoom} from '../../src/ledger/run-facts.ts';
import {environmentFor, qsubArgv, qsubEnvironment, whatIsWrong} from '../../src/scheduler/pbs/argv.ts';
import {startDate} from '../../src/scheduler/pbs/dates.ts';
import {readQsub} from '../../src/scheduler/pbs/read-qsub.ts';
import {answer, jobId, recordedRefusals} from './recorded.ts';
import {aRequest} from './requests.ts';

test('the smallest request is a script, a tag, and no background process', () => {
  expect(qsubArgv(aRequest())).toEqual(['-f', '-v', 'STAGE_INTENT=s-1', '/home/alice/job.sh']);
});

test('everything that can be asked for is one vector, the script last', () => {
  const request = aRequest({
    name: 'climate.compute',
    hold: true,
    startAt: Date.UTC(2026, 10, 21, 6, 45, 0),
    dependencies: [
      {type: 'afterok', jobs: [jobId('4.pbs-sn1'), jobId('5.pbs-sn1')]},
      {type: 'afternotok', jobs: [jobId('6.pbs-sn1')]},
    ],
    userVariables: ['A=1', 'B="x,y"'],
    queue: 'workq',
    account: 'acc',
    project: 'proj',
    resources: {select: '1:ncpus=4', walltime: '01:00:00'},
    stdout: '/home/alice/o.txt',
    stderr: '/home/alice/e.txt',
    joinOutput: true,
    noMail: true,
    extraArgs: ['-r', 'n'],
  });
  expect(qsubArgv(request)).toEqual([
    ...['-f', '-N', 'climate.compute', '-h', '-a', '202611210645.00'],
    ...['-W', 'depend=afterok:4.pbs-sn1:5.pbs-sn1,afternotok:6.pbs-sn1'],
    ...['-q', 'workq', '-A', 'acc', '-P', 'proj', '-l', 'select=1:ncpus=4', '-l', 'walltime=01:00:00'],
    ...['-o', '/home/alice/o.txt', '-e', '/home/alice/e.txt', '-j', 'oe', '-m', 'n', '-r', 'n'],
    ...['-v', 'STAGE_INTENT=s-1,A=1,B="x,y"', '/home/alice/job.sh'],
  ]);
});

test.each([
  [{first: 0, last: 3, step: 1}, '0-3'],
  [{first: 1, last: 6, step: 2}, '1-6:2'],
  [{first: 1, last: 6, step: 2, atOnce: 3}, '1-6:2%3'],
  [{first: 1, last: 100, step: 1, atOnce: 10}, '1-100%10'],
])('an array of %j is asked for as -J %s', (array, range) => {
  const argv = qsubArgv(aRequest({array}));
  expect(argv[argv.indexOf('-J') + 1]).toBe(range);
  expect(whatIsWrong(aRequest({array}))).toBeUndefined();
});

test.each([
  {first: 1, last: 1, step: 1},
  {first: 3, last: 1, step: 1},
  {first: -1, last: 3, step: 1},
  {first: 0, last: 3, step: 0},
  {first: 0.5, last: 3, step: 1},
  {first: 0, last: Number.NaN, step: 1},
  {first: 0, last: 3, step: 1, atOnce: 0},
])('an array that qsub would refuse, %j, is found before PBS is asked', (array) => {
  expect(whatIsWrong(aRequest({array}))).toMatch(/array/);
});

test('no id is named twice in one dependency list, since such a job would wait for ever', () => {
  const ids = fc.array(
    fc.integer({min: 1, max: 3}).map((n) => jobId(`${n}.pbs-sn1`)),
    {maxLength: 4},
  );
  const dependencies = fc.array(fc.record({type: fc.constantFrom('afterok', 'afternotok', 'afterany'), jobs: ids}), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(dependencies, (lists) => {
      const argv = qsubArgv(aRequest({dependencies: lists}));
      const depend = argv[argv.indexOf('-W') + 1]?.replace('depend=', '') ?? '';
      const wanted = lists.flatMap(({type, jobs}) => jobs.map((job) => `${type}:${job}`));
      const said = argv.includes('-W')
        ? depend.split(',').flatMap((part) =>
            part
              .split(':')
              .slice(1)
              .map((job) => `${part.split(':')[0]}:${job}`),
          )
        : [];
      expect([...said].sort()).toEqual([...new Set(wanted)].sort());
    }),
  );
});

test("variables among the profile's arguments join ours instead of replacing the tag", () => {
  const argv = qsubArgv(aRequest({extraArgs: ['-v', 'A=1', '-r', 'n', '-vB=2']}));
  expect(argv.filter((word) => word === '-v')).toHaveLength(1);
  expect(argv).toContain('STAGE_INTENT=s-1,A=1,B=2');
});

test('an environment that is to be handed on takes the place of our own, but for what the commands of PBS need', () => {
  const own = {PBS_CONF_FILE: '/opt/pbs.conf', PBS_SERVER: 'b', PBS_JOBID: '4.b', HOME: '/root', INPUT: 'ours'};
  expect(environmentFor(aRequest(), own)).toBeUndefined();
  expect(environmentFor(aRequest({environment: {INPUT: 'theirs', PBS_SERVER: 'a'}}), own)).toEqual({
    INPUT: 'theirs',
    PBS_CONF_FILE: '/opt/pbs.conf',
    PBS_SERVER: 'b',
  });
});

test('a start time is never before the instant that was asked for', () => {
  expect(startDate(Date.UTC(2026, 11, 31, 23, 59, 59, 1))).toBe('202701010000.00');
});

test("qsub counts in UTC only when we give the start time: a user's own #PBS -a is local", () => {
  expect(qsubEnvironment(aRequest())).not.toHaveProperty('TZ');
  expect(qsubEnvironment(aRequest({startAt: 0}))).toMatchObject({TZ: 'UTC'});
});

test.each([
  ['a tag with a comma', {tag: 'a,b'}],
  ['a tag that JSON would take for a number', {tag: '007'}],
  ['an empty tag', {tag: ''}],
  ['a job name with a blank', {name: 'has space'}],
  ['a job name of 231 characters', {name: 'x'.repeat(231)}],
  ['a relative script', {script: 'job.sh'}],
  ['a relative output file', {stdout: 'o.txt'}],
  ['a dependency that is no id', {dependencies: [{type: 'afterok' as const, jobs: [jobId('workq')]}]}],
])('%s is found before PBS is asked', (_, change) => {
  expect(whatIsWrong(aRequest(change))).toBeTypeOf('string');
  expect(whatIsWrong(aRequest())).toBeUndefined();
});

test.each([
  ['4.pbs-sn1\n', '4.pbs-sn1'],
  ['Welcome!\nYour project has 3 hours left\n4.pbs-sn1.example.org\n', '4.pbs-sn1.example.org'],
  ['5[].pbs-sn1\n', '5[].pbs-sn1'],
  ['4.pbs-sn1\nsee https://help.example\n', '4.pbs-sn1'],
  ['4.pbs-sn1\nNode hours left:\n2026\n', '4.pbs-sn1'],
  ['4\n', '4'],
])('the id in %j is %s', (stdout, id) => {
  expect(readQsub(answer({stdout}))).toEqual({kind: 'submitted', job: id});
});

test.each([
  ['no id', answer({})],
  ['a timeout', answer({exitCode: undefined, timedOut: true})],
  ['a timeout after the id', answer({exitCode: undefined, timedOut: true, stdout: '4.pbs-sn1\n'})],
  ['a signal', answer({exitCode: undefined, signal: 'SIGKILL'})],
  ['an id with a bad exit', answer({exitCode: 1, stdout: '4.pbs-sn1\n', stderr: 'wrapper: oops'})],
  [
    'an id with the words of a refusal',
    answer({exitCode: 38, stdout: '4.pbs-sn1\n', stderr: 'qsub: Maximum number of jobs already in queue tq\n'}),
  ],
  [
    "an id before a site's wrapper missed a command",
    answer({exitCode: 127, stdout: '4.pbs-sn1\n', stderr: 'qsub: line 3: site_accounting: command not found\n'}),
  ],
  [
    'an id before the connection was lost',
    answer({exitCode: 162, stdout: '4.pbs-sn1\n', stderr: 'qstat: cannot connect to server pbs-sn1 (errno=15010)\n'}),
  ],
  [
    'an id before a server that cannot save jobs',
    answer({exitCode: 57, stdout: '4.pbs-sn1\n', stderr: 'qalter: Failed to save job/resv, refer server logs\n'}),
  ],
  [
    'another missing command of a wrapper, which kept what qsub printed,',
    answer({exitCode: 127, stderr: '/usr/local/bin/qsub: line 5: site_accounting: command not found\n'}),
  ],
  [
    'another missing command, as dash tells it,',
    answer({exitCode: 127, stderr: '/usr/bin/qsub: 5: hook: not found\n'}),
  ],
  ['an unknown code without words', answer({exitCode: 77})],
  ['a known code without words', answer({exitCode: 38})],
  ['a lost connection', answer({exitCode: 183, stderr: 'qsub: Protocol (ASN.1) error\n'})],
  ['an answer too long to be kept', answer({failure: 'it printed more than 200000000 characters'})],
])('%s leaves it unclear whether a job exists', (_, done) => {
  expect(readQsub(done).kind).toBe('unclear');
});

test.each([
  ['qsub: cannot connect to server pbs-sn1 (errno=15010)', 162],
  ['qsub: cannot connect to server nosuchhost (errno=15008)', 160],
  ['pbsconf error: pbs conf variables not found\nqsub: cannot connect to server  (errno=0)', 255],
  ['qsub: Failed to save job/resv, refer server logs for details', 57],
])('"%s" means that no job exists, and may be asked again', (stderr, exitCode) => {
  expect(readQsub(answer({exitCode, stderr})).kind).toBe('unreachable');
});

test('a name of a server that is not known is no outage where the queue names another server', () => {
  // Measured on OpenPBS 23.06: the answer names the default server, whose name is known.
  const done = answer({exitCode: 160, stderr: 'Unknown Host.\nqsub: cannot connect to server pbs-sn1 (errno=15008)\n'});
  expect(readQsub(done).kind).toBe('unreachable');
  expect(readQsub(done, 'nosuchserver')).toMatchObject({
    kind: 'refused',
    retry: true,
    error: {unknownServer: 'nosuchserver', why: expect.stringContaining('"nosuchserver" is not known here')},
  });
  const away = answer({
    exitCode: 162,
    stderr: 'Connection refused\nqsub: cannot connect to server other (errno=15010)\n',
  });
  expect(readQsub(away, 'other').kind).toBe('unreachable');
});

test.each([
  ['qsub: Resource required: filesystems.  Usage: -l filesystems=fs1:fs2', 32, /file systems/, /filesystems/],
  ['qsub: Account_Name is required to be set.', 32, /account or project/, /account/],
  ['qsub: Job rejected: walltime is not set', 32, /walltime/, /walltime/],
  ['qsub: Unknown queue', 170, /no such queue/, /qstat -Q/],
  ['qsub: Unauthorized Request ', 159, /not authorised/, /access/],
  ['qsub: Job violates queue and/or server resource limits', 188, /walltime/, /profile check/],
  ['qsub: Maximum number of jobs for user alice already in queue tq', 38, /number of jobs/, /max_queued/],
])('the refusal "%s" is explained, with a next step', (stderr, exitCode, why, next) => {
  const read = readQsub(answer({exitCode, stderr}));
  if (read.kind !== 'refused') throw new Error(read.kind);
  expect(read.error.why).toMatch(why);
  expect(read.error.why).toContain(stderr.trim().replace(/\s+/g, ' '));
  expect(read.error.next.join(' ')).toMatch(next);
  expect(read.retry).toBe(exitCode === 38);
});

test.each([
  'qsub: this site needs -l datastore=scratch or -l datastore=home',
  'qsub: job database of the site: your project is not in it',
  'qsub: Failed to save job/resv: the hook of the site says so',
  'qsub: cannot connect to server of accounts, ask the support',
])('what a hook says is a refusal, whatever its words are like: "%s"', (stderr) => {
  const read = readQsub(answer({exitCode: 32, stderr}));
  expect(read).toMatchObject({kind: 'refused', retry: false, error: {exit: 2}});
});

test('a server that is shutting down has refused, for the time being', () => {
  const read = readQsub(answer({exitCode: 182, stderr: 'qsub: Server shutting down\n'}));
  expect(read).toMatchObject({kind: 'refused', retry: true});
});

test('a missing qsub names PATH and the setting of the profile', () => {
  const read = readQsub(answer({exitCode: undefined, notFound: true, failure: 'qsub: not found'}));
  expect(read.kind === 'unreachable' && read.error.next.join(' ')).toMatch(/PATH.*scheduler\.bin/);
});

test.each([
  'bash: line 1: qsub: command not found',
  'sh: 1: qsub: not found',
  'zsh:1: command not found: qsub',
  '/usr/local/bin/qsub: line 2: /opt/pbs/bin/qsub: No such file or directory',
  'env: ‘qsub’: No such file or directory',
  '/opt/pbs/bin/qsub: error while loading shared libraries: libpbs.so.0: cannot open shared object file',
])('a wrapper that found no qsub submitted nothing: "%s"', (stderr) => {
  expect(readQsub(answer({exitCode: 127, stderr})).kind).toBe('unreachable');
});

const certain = recordedRefusals.filter(
  (done) => ![160, 162, 255].includes(done.exitCode ?? 0) && !/^usage/.test(done.stderr),
);
test.each(certain.map((done) => [done.stderr.split('\n')[0], done] as const))(
  '"%s" is a refusal that quotes PBS',
  (words, done) => {
    const read = readQsub(done);
    expect(read.kind).toBe('refused');
    if (read.kind !== 'refused') return;
    expect(read.error.why).toContain((words ?? '').trim().slice(0, 40).replace(/\s+/g, ' '));
    expect(read.retry).toBe([38, 39, 198].includes(done.exitCode ?? 0));
    // What was refused for room is told by the words on record, when it may pass (isForRoom).
    expect(read.retry && isForRoom(read.error)).toBe(read.retry);
    expect(read.full ?? false).toBe(read.retry && done.exitCode !== 39);
    expect(read.error.exit).toBe(read.retry ? 4 : 2);
  },
);
