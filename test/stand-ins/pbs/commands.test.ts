import {existsSync, mkdirSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {openWorld, type World} from './support/world.ts';

// Real processes: the commands on PATH are programs, with their streams and exit codes.

/** Texts, streams and exit codes, as OpenPBS 23.06 gave them. */
let world: World;
let held: string;

beforeAll(async () => {
  world = await openWorld({serverName: 'pbs-sn1'});
  world.script('ok.sh', '#!/bin/bash\ntrue\n');
  world.script('crlf.sh', '#!/bin/bash\r\ntrue\r\n');
  world.script('bad.sh', '#!/bin/bash\n#PBS -Q x\n');
  world.script('comment.sh', '#!/bin/bash\n#PBS -N x # trailing comment\n');
  held = await world.qsub('-h -N sel ok.sh');
});
afterAll(() => world.close());

const REFUSED: [line: string, rc: number, err: string][] = [
  ['qsub missing.sh', 1, 'qsub: script file:: No such file or directory\n'],
  ['qsub .', 1, 'qsub: script not a file\n'],
  ['qsub crlf.sh', 1, 'qsub: script contains cr, lf\n'],
  ['qsub bad.sh', 1, "qsub: invalid option -- 'Q'\nqsub: directive error: -Q x \n"],
  ['qsub comment.sh', 1, 'qsub: directive error: -N x # trailing comment \n'],
  ['qsub -q nosuchq ok.sh', 170, 'qsub: Unknown queue\n'],
  ['qsub -q workq@elsewhere ok.sh', 160, 'Unknown Host.\nqsub: cannot connect to server elsewhe (errno=15008)\n'],
  ['qsub -v A=x,y ok.sh', 1, 'qsub: cannot send environment with the job\n'],
  ['qsub -P p,q ok.sh', 166, 'qsub: Illegal attribute or resource value project\n'],
  ['qsub -u bob ok.sh', 175, 'qsub: Bad UID for job execution\n'],
  ['qsub -W foo=bar ok.sh', 154, 'qsub: Error (15002) submitting job\n'],
  ['qsub -J 0-20000 ok.sh', 3, 'qsub: Array job exceeds server or queue size limit\n'],
  [`qsub -N ${'x'.repeat(231)} ok.sh`, 2, 'qsub: Job name is too long \n'],
  [
    'qrls 99999 notanid 88888',
    153,
    'qrls: Unknown Job Id 99999.pbs-sn1\nqrls: illegally formed job identifier: notanid\nqrls: Unknown Job Id 88888.pbs-sn1\n',
  ],
  ['pbs_rstat R12', 236, 'pbs_rstat: Unknown Reservation Id\n'],
  ['pbs_rstat workq', 1, 'pbs_rstat: illegally formed reservation identifier: workq\n'],
  ['qdel 99999 88888', 153, 'qdel: Unknown Job Id 99999.pbs-sn1\n'],
  ['qdel 12.otherserver', 1, 'qdel: illegally formed job identifier: 12.otherserver\n'],
  ['qstat 99999', 153, 'qstat: Unknown Job Id 99999.pbs-sn1\n'],
  ['qstat nosuchq', 170, 'qstat: Unknown queue destination nosuchq\n'],
  ['qstat -E notanid', 1, 'qstat: Express option can only be used with job ids\n'],
  ['qstat -Q nosuchq', 170, 'qstat: Unknown queue nosuchq\n'],
  ['qselect -q nosuchq', 170, 'qselect: Unknown queue destination\n'],
  ['PBS_SERVER=nosuchhost qstat', 255, 'Unknown Host.\nqstat: cannot connect to server nosuchhost (errno=15008)\n'],
  [
    'qmgr -c "set server scheduling=True"',
    159,
    'qmgr obj= svr=default: Unauthorized Request \nqmgr: Error (15007) returned from server\n',
  ],
];

test.each(REFUSED)('%s: exit %i', async (line, rc, err) => {
  expect(await world.sh(line)).toEqual({out: '', err, rc});
});

test.each([
  'qsub -N "has space" ok.sh',
  'qsub -p 1024 ok.sh',
  'qsub -j x ok.sh',
  'qsub -o "" ok.sh',
  'qsub -a 1 ok.sh',
  'qsub -W depend=foo:1 ok.sh',
  'qsub -J 5 ok.sh',
])('%s: the option is illegal, and the usage follows', async (line) => {
  const {out, err, rc} = await world.sh(line);
  const letter = /-(\w)/.exec(line)?.[1] ?? '';
  expect({out, rc, err: err.slice(0, 44 + 0)}).toEqual({
    out: '',
    rc: 2,
    err: `qsub: illegal -${letter} value\nusage: qsub [-a date_`.slice(0, 44),
  });
  expect(err).toMatch(/ {7}qsub --version\n$/);
});

test('the tables have the columns of the real ones', async () => {
  expect((await world.sh('qstat')).out).toBe(
    'Job id            Name             User              Time Use S Queue\n' +
      '----------------  ---------------- ----------------  -------- - -----\n' +
      `${held.padEnd(17)} sel              alice                    0 H workq           \n`,
  );
  expect((await world.sh('qstat -a')).out).toBe(
    `\npbs-sn1: \n${' '.repeat(60)}Req'd  Req'd   Elap\n` +
      'Job ID          Username Queue    Jobname    SessID NDS TSK Memory Time  S Time\n' +
      '--------------- -------- -------- ---------- ------ --- --- ------ ----- - -----\n' +
      `${held.padEnd(15)} alice    workq    sel           --    1   1    --    --  H   -- \n`,
  );
  expect((await world.sh('qstat -B')).out).toContain(
    'pbs-sn1              0     1     0     0     1     0     0     0 Active    \n',
  );
  expect((await world.sh('qselect -h u')).out).toBe(`${held}\n`);
});

test('dates are in the time zone of the command', async () => {
  const id = await world.qsub('-h -a 203001011200 ok.sh');
  expect((await world.sh(`TZ=Asia/Tokyo qstat -f -w ${id} | grep Execution`)).out).toBe(
    '    Execution_Time = Tue Jan  1 21:00:00 2030\n',
  );
  await world.sh(`qdel -x ${id}`);
});

test('of several ids JSON shows the first one; -E shows all', async () => {
  const ids = [held, await world.qsub('-h ok.sh')];
  const keys = async (line: string): Promise<string[]> => {
    const read: {Jobs?: object} = JSON.parse((await world.sh(line)).out);
    return Object.keys(read.Jobs ?? {});
  };
  expect(await keys(`qstat -f -F json ${ids.join(' ')}`)).toEqual([held]);
  expect(await keys(`qstat -E -x -f -F json 99999 ${ids.join(' ')}`)).toEqual(ids);
  await world.sh(`qdel -x ${ids[1]}`);
});

test('a script may come from standard input, and may be empty', async () => {
  const done = await world.sh('qsub -h', {input: '#!/bin/bash\n#PBS -N viastdin\n'});
  const id = done.out.trim();
  expect(await world.job(id)).toMatchObject({Job_Name: 'viastdin'});
  const empty = (await world.sh('qsub -h')).out.trim();
  expect(await world.job(empty)).toMatchObject({Job_Name: 'STDIN'});
  await world.sh(`qdel -x ${id} ${empty}`);
});

test('the command line wins over directives, -l is merged, -v is replaced', async () => {
  world.script(
    'dir.sh',
    '#!/bin/bash\n#PBS -N fromscript -h\n#PBS -l walltime=300,mem=1gb\n#PBS -v A=script,B=script\n',
  );
  const id = await world.qsub('-N cmdline -l walltime=60 -v A=cmd dir.sh');
  const job = await world.job(id);
  expect(job).toMatchObject({Job_Name: 'cmdline', Hold_Types: 'u', Resource_List: {walltime: '00:01:00', mem: '1gb'}});
  expect(job?.Variable_List).toMatchObject({A: 'cmd'});
  expect(job?.Variable_List).not.toHaveProperty('B');
  await world.sh(`qdel -x ${id}`);
});

test('PBS_O_WORKDIR keeps a symbolic link that PWD names', async () => {
  mkdirSync(join(world.home, 'deep/er'), {recursive: true});
  const {out} = await world.sh('ln -s deep/er link; cd link && qsub -h ../../ok.sh');
  expect(await world.job(out.trim())).toMatchObject({
    Output_Path: expect.stringMatching(/^pbs-sn1:.*\/link\/ok\.sh\.o\d+$/),
    Variable_List: {PBS_O_WORKDIR: join(world.home, 'link')},
  });
  await world.sh(`qdel -x ${out.trim()}`);
});

test('variables that would slow node down are kept from it, and reach the job', async () => {
  world.script(
    'node.sh',
    '#!/bin/bash\necho "$NODE_OPTIONS|$NODE_EXTRA_CA_CERTS|$(printenv STAGE_PBS_BIN || echo none)"\n',
  );
  writeFileSync(
    join(world.home, 'boom.cjs'),
    `require('fs').writeFileSync(${JSON.stringify(join(world.home, 'boomed'))}, '')`,
  );
  const env = {NODE_OPTIONS: `--require=${join(world.home, 'boom.cjs')}`, NODE_EXTRA_CA_CERTS: '/some/ca.pem'};
  const {out} = await world.sh('qsub -V node.sh', {env});
  await world.finished(out.trim());
  expect(world.read(`node.sh.o${out.trim().split('.')[0]}`)).toBe(
    `${env.NODE_OPTIONS}|${env.NODE_EXTRA_CA_CERTS}|none\n`,
  );
  expect(existsSync(join(world.home, 'boomed'))).toBe(false);
});

test('what qmgr sets is shown, acted on, and unset again', async () => {
  const root = {env: {STAGE_LOCAL_USER: 'root'}};
  expect((await world.sh('qmgr -c "create queue tq queue_type=execution,enabled=True,started=True"', root)).rc).toBe(0);
  await world.sh('qmgr -c \'set queue tq max_queued = "[u:PBS_GENERIC=1]"\'', root);
  const first = await world.qsub('-h -q tq ok.sh');
  expect(await world.sh('qsub -h -q tq ok.sh')).toEqual({
    out: '',
    err: "qsub: would exceed queue generic's per-user limit\n",
    rc: 38,
  });
  expect((await world.sh('qmgr -c "print queue tq"')).out).toContain('set queue tq max_queued = [u:PBS_GENERIC=1]\n');
  await world.sh(`qmove workq ${first}`);
  expect(await world.job(first)).toMatchObject({queue: 'workq'});
  await world.sh('qmgr -c "unset queue tq max_queued"; qmgr -c "delete queue tq"', root);
  expect((await world.sh('qsub -q tq ok.sh')).rc).toBe(170);
  await world.sh(`qdel -x ${first}`);
});

test('tracejob tells what happened to a job', async () => {
  const id = await world.qsub('ok.sh');
  await world.finished(id);
  const text = (await world.sh(`tracejob ${id}`)).out;
  expect(text).toContain(`\nJob: ${id}\n\n`);
  expect(text).toMatch(
    / {2}S {4}Job Queued at request of alice@pbs-sn1, owner = alice@pbs-sn1, job name = ok\.sh, queue = workq\n/,
  );
  expect(text).toMatch(/ {2}S {4}Exit_status=0 /);
});

test('everything lies in a directory of mode 0700', () => {
  expect(statSync(world.root).mode & 0o777).toBe(0o700);
});

describe('a server that is down', () => {
  const DOWN = 'Connection refused\n';
  let dead: World;
  beforeAll(async () => {
    dead = await openWorld({serverName: 'pbs-sn1'});
    dead.script('ok.sh', '');
    await dead.daemon().stop();
  });
  afterAll(() => dead.close());
  test.each([
    ['qsub ok.sh', 162, `${DOWN}qsub: cannot connect to server pbs-sn1 (errno=15010)\n`],
    ['qsub missing.sh', 1, 'qsub: script file:: No such file or directory\n'],
    ['qstat', 255, `${DOWN}qstat: cannot connect to server pbs-sn1 (errno=15010)\n`],
    ['qdel 1', 162, `${DOWN}Couldn't connect to cluster: pbs-sn1\n`],
    ['qrls 1 2', 162, `${DOWN}qrls: cannot connect to server pbs-sn1 (errno=15010)\n`.repeat(2)],
    ['qselect', 162, `${DOWN}qselect: cannot connect to server pbs-sn1 (errno=15010)\n`],
    ['qmgr -c "list server"', 3, `${DOWN}qmgr: cannot connect to server \n`],
  ])('%s exits with %i', async (line, rc, err) => {
    expect(await dead.sh(line)).toEqual({out: '', err, rc});
  });
  test('qstat still prints a whole JSON document, without jobs', async () => {
    const done = await dead.sh('qstat -f -F json');
    expect(done.rc).toBe(255);
    expect(JSON.parse(done.out)).toMatchObject({pbs_server: 'pbs-sn1'});
    expect(JSON.parse(done.out)).not.toHaveProperty('Jobs');
  });
});

test('there are no reservations, and pbs_rstat says so with nothing', async () => {
  for (const line of ['pbs_rstat', 'pbs_rstat -f', 'pbs_rstat -S'])
    expect(await world.sh(line)).toEqual({out: '', err: '', rc: 0});
});

test('an interactive job is refused at a terminal, too, and says what to do instead', async () => {
  const {out} = await world.sh("script -qec 'qsub -I' /dev/null; echo rc=$?");
  expect(out).toMatch(/runs no interactive jobs; submit a script/);
  expect(out).toMatch(/rc=1/);
  expect((await world.sh('qsub -I')).err).toContain('must be a terminal');
});
