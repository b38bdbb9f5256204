import {existsSync, mkdirSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {openWorld, type World} from './support/world.ts';

/** Real commands, real processes, real files. */
let world: World;

beforeAll(async () => {
  world = await openWorld();
  world.script('ok.sh', '#!/bin/bash\necho out\necho err >&2\n');
  world.script('fail.sh', '#!/bin/bash\nexit 3\n');
  world.script('sleep.sh', '#!/bin/bash\nsleep 300\n');
  world.script(
    'touchy.sh',
    '#!/bin/bash\ntrap "echo got TERM; exit 0" TERM\ntouch "$PBS_O_WORKDIR/ready.$PBS_JOBID"\nsleep 300 &\nwait\n',
  );
});
afterAll(() => world.close());

const running = (id: string): Promise<void> => world.until(`${id} runs`, async () => (await world.state(id)) === 'R');
const asManager = (line: string) => world.sh(`qmgr -c "${line}"`, {env: {STAGE_LOCAL_USER: 'root'}});
const behind = async (type: string, id: string, script = 'ok.sh'): Promise<string> =>
  world.qsub(`-W depend=${type}:${id} ${script}`);
const fate = async (id: string): Promise<string> => {
  const job = await world.job(id);
  return `${String(job?.job_state)}/${String(job?.substate)} ${job?.Exit_status ?? '-'}`;
};

describe('a job', () => {
  test('starts at once, and its output arrives with mode 0600', async () => {
    const began = Date.now();
    const id = await world.qsub('ok.sh');
    const number = id.split('.')[0];
    await world.until('it has run', () => existsSync(join(world.home, `ok.sh.o${number}`)));
    expect(Date.now() - began).toBeLessThan(2000);
    expect(await world.finished(id)).toMatchObject({Exit_status: 0, substate: 92, Stageout_status: 1, run_count: 1});
    expect(world.read(`ok.sh.o${number}`)).toBe('out\n');
    expect(world.read(`ok.sh.e${number}`)).toBe('err\n');
    expect(statSync(join(world.home, `ok.sh.o${number}`)).mode & 0o777).toBe(0o600);
  });

  test('starts in the home directory of who submitted it, with what PBS puts around it', async () => {
    mkdirSync(join(world.home, 'work'), {recursive: true});
    writeFileSync(join(world.home, '.bash_profile'), 'export FROM_PROFILE=yes\n');
    world.script('env.sh', '#!/bin/bash\npwd\nenv | sort\nwhich qsub\numask\n');
    const done = await world.sh('qsub -N e -j oe -v "A=x y,PBS_JOBID=7,HOME=/tmp" ../env.sh', {
      cwd: join(world.home, 'work'),
    });
    const id = done.out.trim();
    await world.finished(id);
    const lines = world.read(`work/e.o${id.split('.')[0]}`).split('\n');
    expect(lines[0]).toBe(world.home);
    expect(lines).toEqual(
      expect.arrayContaining([
        'A=x y',
        'FROM_PROFILE=yes',
        `HOME=${world.home}`,
        `PBS_JOBID=${id}`,
        'PBS_JOBNAME=e',
        `PBS_O_WORKDIR=${join(world.home, 'work')}`,
        'PBS_ENVIRONMENT=PBS_BATCH',
        join(world.bin, 'qsub'),
        '0077',
      ]),
    );
  });

  test.each([
    ['exit 7', 7],
    ['kill -KILL $$', 137],
    ['kill $$', 143],
    ['kill 0', 271],
    ["trap 'kill 0' EXIT; exit 3", 271],
    ['kill -9 0', 265],
    ['no-such-command', 127],
    ['false; true', 0],
  ])('whose script says "%s" ends with %i', async (line, status) => {
    world.script('x.sh', `#!/bin/bash\n${line}\n`);
    expect(await world.finished(await world.qsub('x.sh'))).toMatchObject({
      Exit_status: status,
      substate: status === 0 ? 92 : 93,
    });
  });

  test('may be a program with arguments, or one that does not exist', async () => {
    const [fine, missing] = [await world.qsub("-- /bin/echo 'a b' c"), await world.qsub('-- /no/such/exe')];
    await world.finished(fine);
    expect(world.read(`STDIN.o${fine.split('.')[0]}`)).toBe('a b c\n');
    expect(await world.finished(missing)).toMatchObject({Exit_status: 254});
    expect(world.read(`STDIN.e${missing.split('.')[0]}`)).toContain('exec of /no/such/exe failed');
  });

  test('is a copy of the script at submission', async () => {
    world.script('copied.sh', '#!/bin/bash\necho first\n');
    const id = await world.qsub('-h copied.sh');
    world.script('copied.sh', '#!/bin/bash\necho second\n');
    await world.sh(`qrls ${id}`);
    await world.finished(id);
    expect(world.read(`copied.sh.o${id.split('.')[0]}`)).toBe('first\n');
  });

  test('does not leave processes behind', async () => {
    world.script('left.sh', '#!/bin/bash\nsleep 300 &\necho $!\n');
    const id = await world.qsub('left.sh');
    await world.finished(id);
    const pid = Number(world.read(`left.sh.o${id.split('.')[0]}`));
    expect(pid).toBeGreaterThan(0);
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
  });

  test('whose output has no place to go keeps its status, and the output is kept', async () => {
    const id = await world.qsub('-o nodir/x.out ok.sh');
    expect(await world.finished(id)).toMatchObject({Exit_status: 0, Stageout_status: 0});
    expect(readdirSync(join(world.root, 'undelivered'))).toContain(`${id}.OU`);
  });

  test('can submit, release and delete jobs itself', async () => {
    world.script(
      'inside.sh',
      '#!/bin/bash\ncd "$PBS_O_WORKDIR"\na=$(qsub -h ok.sh); qrls $a\nb=$(qsub -W depend=afterok:$PBS_JOBID ok.sh); echo $a $b\n',
    );
    const id = await world.qsub('-j oe inside.sh');
    await world.finished(id);
    const [a = '', b = ''] = world
      .read(`inside.sh.o${id.split('.')[0]}`)
      .trim()
      .split(' ');
    expect(await world.finished(a)).toMatchObject({Job_Owner: 'alice@stage-local', Exit_status: 0});
    expect(await world.finished(b)).toMatchObject({Exit_status: 0});
  });
});

describe('ending a job', () => {
  test('qdel of a running one: R for a while, then 271', async () => {
    const id = await world.qsub('-j oe touchy.sh');
    await world.until('it has set its trap', () => existsSync(join(world.home, `ready.${id}`)));
    expect(await world.sh(`qdel ${id}`)).toEqual({out: '', err: '', rc: 0});
    expect(await world.finished(id)).toMatchObject({Exit_status: 271, substate: 91});
    expect(world.read(`touchy.sh.o${id.split('.')[0]}`)).toContain('got TERM');
    expect(await world.sh(`qdel ${id}`)).toEqual({out: '', err: `qdel: Job has finished ${id}\n`, rc: 35});
  });

  test('a stubborn one is killed after the grace', async () => {
    world.script(
      'stubborn.sh',
      '#!/bin/bash\ntrap "" TERM\ntouch "$PBS_O_WORKDIR/ready.$PBS_JOBID"\nwhile true; do sleep 1; done\n',
    );
    await asManager('set server stage_delete_grace = 1');
    const id = await world.qsub('stubborn.sh');
    await world.until('it has set its trap', () => existsSync(join(world.home, `ready.${id}`)));
    await world.sh(`qdel ${id}`);
    expect(await world.finished(id)).toMatchObject({Exit_status: 271, substate: 91});
  });

  test('walltime: TERM, a line on its stderr, -29', async () => {
    const id = await world.qsub('-l walltime=1 -j oe touchy.sh');
    expect(await world.finished(id)).toMatchObject({Exit_status: -29, substate: 93});
    const text = world.read(`touchy.sh.o${id.split('.')[0]}`);
    expect(text).toMatch(/^=>> PBS: job killed: walltime \d+ exceeded limit 1\n/);
    expect(text).toContain('got TERM');
  });

  test.each([
    ['TERM', 271],
    ['KILL', 265],
    ['USR1', 266],
    ['INT', 258],
  ])('qsig -s %s ends it with %i', async (signal, status) => {
    const id = await world.qsub('sleep.sh');
    await running(id);
    await world.until('the signal has met it', async () => (await world.sh(`qsig -s ${signal} ${id}`)).rc !== 0);
    expect(await world.finished(id)).toMatchObject({Exit_status: status, substate: 93});
  });

  test('qrerun runs it again, and it is told so', async () => {
    const id = await world.qsub('sleep.sh');
    await running(id);
    expect((await world.sh(`qrerun ${id}`, {env: {STAGE_LOCAL_USER: 'root'}})).rc).toBe(0);
    await world.until('it runs again', async () => (await world.job(id))?.run_count === 2);
    expect((await world.sh(`qrerun ${id}`)).err).toBe(`qrerun: Unauthorized Request  ${id}\n`);
    await world.sh(`qdel -W force ${id}`);
    expect(await world.finished(id)).toMatchObject({Exit_status: 265, substate: 91});
  });
});

describe('holds and start times', () => {
  test('a user hold keeps a job, and qrls lets it go', async () => {
    const id = await world.qsub('-h ok.sh');
    expect(await world.job(id)).toMatchObject({job_state: 'H', substate: 20, Hold_Types: 'u'});
    expect((await world.sh(`qrls -h s ${id}`)).rc).toBe(159);
    await world.sh(`qhold ${id}`);
    expect(String((await world.job(id))?.comment)).toMatch(/^Job held by alice on /);
    await world.sh(`qrls ${id}`);
    expect(await world.finished(id)).toMatchObject({Hold_Types: 'n', Exit_status: 0});
  });

  test('-a starts a job in the second it names, and qalter moves it', async () => {
    const late = await world.qsub('-a 203001010000 ok.sh');
    expect(await world.job(late)).toMatchObject({
      job_state: 'W',
      substate: 30,
      Execution_Time: 'Tue Jan  1 00:00:00 2030',
    });
    const soon = new Date(Date.now() + 2000);
    const text = `${soon.toISOString().replace(/[-:T]/g, '').slice(0, 12)}.${soon.toISOString().slice(17, 19)}`;
    await world.sh(`qalter -a ${text} ${late}`);
    const job = await world.finished(late);
    expect(job.Execution_Time).toBeUndefined();
    expect(Date.parse(`${String(job.stime)} UTC`)).toBe(Math.floor(soon.getTime() / 1000) * 1000);
  });
});

describe('dependencies', () => {
  test('afterok runs behind success, and the mirror is seen meanwhile', async () => {
    const a = await world.qsub('-h ok.sh');
    const b = await behind('afterok', a);
    expect(await world.job(b)).toMatchObject({
      job_state: 'H',
      substate: 22,
      Hold_Types: 's',
      depend: `afterok:${a}@stage-local`,
    });
    expect(await world.job(a)).toMatchObject({depend: `beforeok:${b}@stage-local`});
    await world.sh(`qrls ${a}`);
    const job = await world.finished(b);
    expect(job).toMatchObject({Exit_status: 0, Hold_Types: 'n'});
    expect(job.depend).toBeUndefined();
  });

  test('a failure removes the whole chain behind afterok: F/92 without an exit status', async () => {
    const a = await world.qsub('-h fail.sh');
    const b = await behind('afterok', a);
    const c = await behind('afterany', b);
    const cleanup = await behind('afternotok', a);
    await world.sh(`qrls ${a}`);
    await world.finished(cleanup);
    expect(await fate(b)).toBe('F/92 -');
    expect(await fate(c)).toBe('F/92 -');
    expect(await fate(cleanup)).toBe('F/92 0');
  });

  test('deleting a job that never started leaves its dependents stuck', async () => {
    const a = await world.qsub('-h ok.sh');
    const b = await behind('afterok', a);
    await world.sh(`qdel ${a}`);
    expect(await fate(a)).toBe('F/91 -');
    expect(await fate(b)).toBe('H/22 -');
    expect((await world.sh(`qrls ${b}`)).rc).toBe(0);
    expect(await fate(b)).toBe('H/22 -');
    await world.sh(`qalter -W depend=afterok:${a} ${b}`);
    expect(await world.finished(b)).toMatchObject({Exit_status: 0});
  });

  test('an unknown id aborts a job a moment after a successful qsub, also one that is held', async () => {
    const id = await world.qsub('-h -W depend=afterok:99999 ok.sh');
    expect(await fate(id)).toBe('F/92 -');
    expect(await world.job(id)).toMatchObject({Hold_Types: 'su', depend: 'afterok:99999.stage-local@stage-local'});
  });

  test('a dependency on oneself is refused, the same id twice never releases', async () => {
    const a = await world.qsub('-h ok.sh');
    expect((await world.sh(`qalter -W depend=afterok:${a} ${a}`)).err).toBe(`qalter: Invalid request ${a}\n`);
    const b = await behind('afterok', `${a}:${a}`);
    await world.sh(`qrls ${a}`);
    await world.finished(a);
    expect(await world.job(b)).toMatchObject({job_state: 'H', depend: `afterok:${a}@stage-local`});
    await world.sh(`qdel ${b}`);
  });

  test('a dependency and a start time: first H, then W', async () => {
    const a = await world.qsub('-h ok.sh');
    const b = await world.qsub(`-a 203001010000 -W depend=afterok:${a} ok.sh`);
    expect(await fate(b)).toBe('H/22 -');
    await world.sh(`qrls ${a}`);
    await world.until('it waits for its time', async () => (await fate(b)) === 'W/30 -');
    await world.sh(`qdel ${b}`);
  });
});

test('qsub -W block=true prints the id, waits, and exits with the status of the job', async () => {
  expect((await world.sh('qsub -W block=true fail.sh')).rc).toBe(3);
  const done = await world.sh('qsub -W block=true -W depend=afterok:99999 ok.sh');
  expect(done.rc).toBe(3);
  expect(done.err).toMatch(
    /^qsub: \d+\.stage-local Reject reply code=15001, aux=0, type=52, from @stage-local Unknown Job Id\n$/,
  );
});

test('a blocking qsub that is ended takes its job with it', async () => {
  world.script('begun.sh', '#!/bin/bash\ntouch "$PBS_O_WORKDIR/begun"\nsleep 300\n');
  const waiting = world.sh('qsub -N blk -W block=true begun.sh & echo $! > qsub.pid; wait $!');
  await world.until('its job runs, and it waits', () => existsSync(join(world.home, 'begun')));
  await world.sh('kill $(cat qsub.pid)');
  const done = await waiting;
  expect(done).toMatchObject({rc: 2, err: expect.stringMatching(/interrupted by signal 15/)});
  const id = (await world.sh('qselect -x -N blk')).out.trim();
  expect(await world.finished(id)).toMatchObject({Exit_status: 271});
});

describe('a job whose processes have not begun to say who they are', () => {
  /** in this process, so that no time passes between its start and what is done to it */
  const ask = (command: string, ...argv: string[]) =>
    world.daemon().pbs.handle({
      command,
      argv,
      cwd: world.home,
      env: world.env,
      user: 'alice',
      script: command === 'qsub' ? {name: 'sleep.sh', text: '#!/bin/bash\nsleep 300\n'} : undefined,
    });
  const begins = async (...argv: string[]): Promise<string> => {
    for (;;) {
      const id = (await ask('qsub', ...argv)).stdout.trim();
      while (!(await ask('qstat', '-f', id)).stdout.includes('job_state = R'))
        await new Promise((next) => setImmediate(next));
      if (!existsSync(join(world.root, 'run', id, 'session'))) return id;
      await ask('qdel', '-W', 'force', id); // its processes were faster than this one: once more
    }
  };

  test('is ended by qdel as others are, and not by force after a while', async () => {
    const id = await begins('sleep.sh');
    await ask('qdel', id);
    expect(await world.finished(id)).toMatchObject({Exit_status: 271});
  });

  test('is wiped, and runs nothing afterwards', async () => {
    const id = await begins('--', '/bin/sh', '-c', `sleep 0.2; echo ran > ${join(world.home, 'wiped-but-ran')}`);
    const bound = Date.now() + 10_000;
    while (!existsSync(join(world.root, 'run', id, 'claim')) && Date.now() < bound); // nothing else runs meanwhile
    await world.daemon().pbs.wipe();
    const next = await world.qsub('-- /bin/sleep 1');
    await world.finished(next);
    expect(world.read('wiped-but-ran')).toBe('<absent>');
  });
});

describe('arrays', () => {
  test('run their subjobs, and end with the status of the last one', async () => {
    world.script(
      'arr.sh',
      '#!/bin/bash\necho id=$PBS_JOBID index=$PBS_ARRAY_INDEX\n[ $PBS_ARRAY_INDEX = 2 ] && exit 9\nexit 0\n',
    );
    const id = await world.qsub('-J 0-2%1 -N arr arr.sh');
    expect(id).toMatch(/^\d+\[\]\.stage-local$/);
    const number = id.split('[')[0];
    expect(await world.finished(id)).toMatchObject({
      Exit_status: 1,
      substate: 93,
      array_indices_submitted: '0-2',
      array_indices_remaining: '-',
    });
    expect(world.read(`arr.o${number}.1`)).toBe(`id=${number}[1].stage-local index=1\n`);
    expect(await world.job(`${number}[2].stage-local`)).toMatchObject({Exit_status: 9, array_index: 2});
    expect((await world.sh(`qstat ${number}`)).rc).toBe(153);
  });

  test('a hold on one that has begun keeps the rest of it from running, and its end lets it go on', async () => {
    world.script('some.sh', '#!/bin/bash\nuntil [ -e go ]; do sleep 0.1; done\n');
    const id = await world.qsub('-J 0-4%2 some.sh');
    const counts = async (text: string) =>
      world.until(text, async () => String((await world.job(id))?.array_state_count).startsWith(text));
    await counts('Queued:3 Running:2');
    const began = (await world.job(id))?.comment;
    expect(await world.sh(`qhold '${id}'`)).toMatchObject({rc: 0, err: ''});
    expect(await world.job(id)).toMatchObject({job_state: 'H', substate: 20, Hold_Types: 'u'});
    expect((await world.job(id))?.comment).toMatch(/^Job held by alice on /);
    world.script('go', '');
    await counts('Queued:3 Running:0 Exiting:0 Expired:2');
    await world.sh('qstat; sleep 0.3'); // time for a scheduler that would start one
    expect(await world.job(id)).toMatchObject({
      job_state: 'H',
      array_state_count: 'Queued:3 Running:0 Exiting:0 Expired:2',
    });
    await world.sh(`qrls '${id}'`);
    expect(began).toMatch(/^Job Array Began at /);
    expect(await world.finished(id)).toMatchObject({Exit_status: 0, comment: `${began} and finished`});
  });

  test('a held array can lose an index, and deleting it removes its afterok', async () => {
    const id = await world.qsub('-h -J 1-6:2 sleep.sh');
    const dependent = await world.qsub(`-W 'depend=afterok:${id}' ok.sh`);
    const number = id.split('[')[0];
    await world.sh(`qdel '${number}[3]'`);
    expect(await world.job(id)).toMatchObject({
      array_state_count: 'Queued:2 Running:0 Exiting:0 Expired:1',
      array_indices_remaining: '1,5',
    });
    expect((await world.sh(`qdel '${number}[3]'`)).err).toBe(
      `qdel: Request invalid for finished array subjob ${number}[3].stage-local\n`,
    );
    await world.sh(`qdel '${id}'`);
    expect(await fate(id)).toBe('F/91 -');
    expect(await fate(dependent)).toBe('F/92 -');
  });
});

describe('without history', () => {
  test('finished jobs are unknown, and -x says that there is no history', async () => {
    const other = await openWorld();
    try {
      other.script('ok.sh', '#!/bin/bash\ntrue\n');
      expect(
        (await other.sh('qmgr -c "set server job_history_enable = False"', {env: {STAGE_LOCAL_USER: 'root'}})).rc,
      ).toBe(0);
      const id = await other.qsub('ok.sh');
      await other.until('it is gone', async () => (await other.sh(`qstat ${id}`)).rc === 153);
      expect(await other.sh(`qstat -x ${id}`)).toEqual({
        out: '',
        err: `qstat: PBS is not configured to maintain job history ${id}\n`,
        rc: 0,
      });
      const dependent = await other.qsub(`-W depend=afterany:${id} ok.sh`);
      expect((await other.sh(`qstat ${dependent}`)).rc).toBe(153);
    } finally {
      await other.close();
    }
  });
});

test('wipe leaves no trace of any job and kills what runs', async () => {
  const other = await openWorld();
  try {
    other.script('pid.sh', '#!/bin/bash\necho $$ > "$PBS_O_WORKDIR/pid"\nsleep 300\n');
    const ids = [await other.qsub('pid.sh'), await other.qsub('-h pid.sh')];
    await other.until('it runs', () => other.read('pid').trim() !== '' && other.read('pid') !== '<absent>');
    expect(await other.daemon().pbs.wipe()).toBe(2);
    for (const id of ids) expect((await other.sh(`qstat -x ${id}`)).rc).toBe(153);
    const pid = other.read('pid').trim();
    await other.until('its processes are gone', () => !existsSync(`/proc/${pid}/exe`));
    expect(readdirSync(join(other.root, 'jobs'))).toEqual([]);
    expect(await other.qsub('pid.sh')).toBe('2.stage-local');
  } finally {
    await other.close();
  }
});

describe('a server that takes its time', () => {
  const DELAYS = {
    stage_start_delay: 1.5,
    stage_end_delay: 1.5,
    stage_delete_delay: 2,
    stage_walltime_delay: 3,
  };
  const each = async (line: (name: string, seconds: number) => string) => {
    for (const [name, seconds] of Object.entries(DELAYS))
      expect(await asManager(line(name, seconds))).toMatchObject({err: '', rc: 0});
  };
  beforeAll(() => each((name, seconds) => `set server ${name} = ${seconds}`));
  afterAll(() => each((name) => `unset server ${name}`));
  const timed = async (what: Promise<unknown>): Promise<number> => {
    const began = Date.now();
    await what;
    return (Date.now() - began) / 1000;
  };

  test('lets a job wait before it starts, and what depends on it once more', async () => {
    const first = await world.qsub('ok.sh');
    const second = await behind('afterok', first);
    expect(await world.state(first)).toBe('Q');
    expect(await timed(world.finished(second))).toBeGreaterThan(5);
    expect(await world.job(second)).toMatchObject({Exit_status: 0});
  });

  test('delivers output, and lets go who waits, only after a while in state E', async () => {
    const id = await world.qsub('-j oe ok.sh');
    const waits = await behind('afterok', id);
    await world.until('it is ending', async () => (await world.state(id)) === 'E');
    expect(existsSync(join(world.home, `ok.sh.o${id.split('.')[0]}`))).toBe(false);
    expect(await world.state(waits)).toBe('H');
    await world.finished(id);
    expect(world.read(`ok.sh.o${id.split('.')[0]}`)).toContain('out');
  });

  test('shows a job running for a while after qdel, and past its walltime', async () => {
    const [deleted, long] = [await world.qsub('sleep.sh'), await world.qsub('-l walltime=1 sleep.sh')];
    await running(deleted);
    await running(long);
    await world.sh(`qdel ${deleted}`);
    const [gone, over] = await Promise.all([timed(world.finished(deleted)), timed(world.finished(long))]);
    expect(gone).toBeGreaterThan(3);
    expect(over).toBeGreaterThan(4);
    expect([await world.job(deleted), await world.job(long)]).toMatchObject([{Exit_status: 271}, {Exit_status: -29}]);
  });
});

test('a job keeps its script byte for byte', async () => {
  const script = Buffer.concat([
    Buffer.from(
      '#!/bin/bash\ncd "$PBS_O_WORKDIR"; echo x > "caf\xe9.bytes"; cmp "$0" bytes.sh && echo same > same.bytes; exit\n',
      'latin1',
    ),
    Buffer.from([1, 2, 0xff, 0xfe, 0x80, 0xc3, 0x28, 10, 0xe2, 0x82]),
  ]);
  writeFileSync(join(world.home, 'bytes.sh'), script);
  await world.finished(await world.qsub('bytes.sh'));
  const names = readdirSync(world.home, {encoding: 'buffer'}).map((name) => name.toString('latin1'));
  expect(names.filter((name) => name.endsWith('.bytes')).sort()).toEqual(['caf\xe9.bytes', 'same.bytes']);
});

test('a job is in a session of its own, which qstat names', async () => {
  world.script(
    'sid.sh',
    '#!/bin/bash\nps -o sid= -p $$ > "$PBS_O_WORKDIR/sid"\nuntil [ -e "$PBS_O_WORKDIR/sid-go" ]; do sleep 0.1; done\n',
  );
  const id = await world.qsub('sid.sh');
  await world.until('it says its session', () => existsSync(join(world.home, 'sid')) && world.read('sid') !== '');
  await world.until('qstat says it', async () => (await world.job(id))?.session_id !== undefined);
  expect((await world.job(id))?.session_id).toBe(Number(world.read('sid')));
  world.script('sid-go', '');
  await world.finished(id);
});

test('a job whose starts all come to nothing is held after the 21st', async () => {
  world.script(
    'lost.sh',
    `#!/bin/bash\necho x >> "$PBS_O_WORKDIR/starts"\nkill -9 "$(head -1 '${world.root}/run/'"$PBS_JOBID/supervisor")"\nsleep 60\n`,
  );
  const id = await world.qsub('lost.sh');
  await world.until('it is held', async () => (await world.state(id)) === 'H', 60);
  expect(await world.job(id)).toMatchObject({
    Hold_Types: 's',
    run_count: 21,
    comment: 'job held, too many failed attempts to run',
  });
  expect(world.read('starts')).toBe('x\n'.repeat(21));
  await world.sh(`qdel ${id}`);
}, 90_000);

test('commands work in a directory that is gone, and a job is taken from there without PBS_O_WORKDIR', async () => {
  const gone = 'mkdir gone; cd gone; rmdir ../gone;';
  const shown = await world.sh(`${gone} qstat; qstat -Q; qselect`);
  expect(shown).toMatchObject({rc: 0, err: expect.not.stringContaining('Error')});
  const done = await world.sh(`${gone} qsub -h ${world.home}/ok.sh`);
  const id = done.out.trim();
  expect((await world.job(id))?.Variable_List).not.toHaveProperty('PBS_O_WORKDIR');
  await world.sh(`qdel ${id}`);
});

test('a wipe ends what runs, subjobs too', async () => {
  world.script('long.sh', '#!/bin/bash\necho $$ >> "$PBS_O_WORKDIR/pids"\nsleep 600\n');
  await world.qsub('-J 0-1 long.sh');
  await world.qsub('long.sh');
  const pids = () => (existsSync(join(world.home, 'pids')) ? world.read('pids').split('\n').filter(Boolean) : []);
  await world.until('all run', () => pids().length === 3);
  await world.daemon().pbs.wipe();
  await world.until('all have ended', () => pids().every((pid) => !existsSync(`/proc/${pid}`)));
});
