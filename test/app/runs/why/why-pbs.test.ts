import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {localWorld, type World} from '../../../support/world.ts';

// Real processes: the words are those that PBS itself says of a job.

interface Reason {
  readonly code: string;
  readonly standing: string;
  readonly what: string;
  readonly why?: string;
  readonly next: readonly string[];
}

let world: World;
/** a job that runs until the end of the tests */
let runs = '';

const qmgr = async (directive: string): Promise<void> => {
  expect(await world.pbs('qmgr', '-c', directive)).toMatchObject({exitCode: 0, stderr: ''});
};

beforeAll(async () => {
  world = await localWorld();
  await qmgr('set server resources_available.ncpus = 4');
  const queue = (name: string, more: string) => qmgr(`create queue ${name} queue_type=execution,${more}`);
  await queue('stopped', 'enabled=True,started=False');
  await queue('closed', 'enabled=False,started=True');
  await queue('short', 'enabled=True,started=True,resources_max.walltime=00:01:00');
  await queue('single', 'enabled=True,started=True,max_run="[u:PBS_GENERIC=1]"');
  // Not max_queued: that stage reads when a run is created, and does not ask for what PBS would refuse.
  await queue('full', 'enabled=True,started=True,queued_jobs_threshold="[u:PBS_GENERIC=0]"');
  runs = await submitted('runs', {queue: 'single', body: 'while :; do sleep 0.5; done'});
  await world.waitFor('the first job runs', async () => (await why('runs')).code === 'JOB_RUNNING');
});
afterAll(() => world.close());

interface Wish {
  readonly queue?: string;
  /** further keys of the job, as YAML */
  readonly keys?: string;
  /** a #PBS line */
  readonly directive?: () => string;
  readonly body?: string;
  /** another job goes first: where PBS refuses the first one, there is no run */
  readonly second?: true;
  /** whose job it is; ours when not given. Only then may we, as its manager, hold it in every way */
  readonly owner?: string;
}

/** A run of one job. */
async function begun(name: string, {queue, keys = '', directive, body = 'exit 0', owner, second}: Wish): Promise<void> {
  world.write(`${name}.sh`, `#!/bin/sh\n${directive ? `${directive()}\n` : ''}${body}\n`);
  const job = [`script: ${name}.sh`, ...(queue ? [`queue: ${queue}`] : []), ...(keys ? [keys] : [])].join(', ');
  await world.stage(
    'run',
    world.write(
      `${name}.yaml`,
      `name: ${name}\nsteps:\n${second ? `  before: {job: {script: ${world.write('before.sh', '#!/bin/sh\n')}}}\n` : ''}  compute: {job: {${job}}}\n`,
    ),
    '--no-check',
    {env: owner === undefined ? {} : {STAGE_LOCAL_USER: owner}},
  );
}

/** @returns the job's id */
async function submitted(name: string, wish: Wish): Promise<string> {
  await begun(name, wish);
  return String((await world.status(name)).steps[0]?.job);
}

async function why(name: string): Promise<Reason> {
  const [reason] = (await world.stage('why', name, 'compute', '--json')).json<{reasons: Reason[]}>().reasons;
  if (!reason) throw new Error(`nothing is said of ${name}`);
  return reason;
}

interface Row extends Wish {
  readonly code: string;
  readonly says: RegExp;
  readonly next: RegExp;
  /** what is done to the job */
  readonly act?: readonly (readonly string[])[];
}

const hold = (letter: string): readonly (readonly string[])[] => [['qhold', '-h', letter]];

const STANDING: Readonly<Record<string, Row>> = {
  'a stopped queue': {
    queue: 'stopped',
    code: 'JOB_QUEUE_STOPPED',
    says: /queue stopped is stopped/,
    next: /qmove QUEUE \d/,
  },
  'a limit on running jobs': {queue: 'single', code: 'JOB_RUN_LIMIT', says: /limit on jobs that run/, next: /qstat -u/},
  'more cores than there are': {
    keys: 'resources: {select: "1:ncpus=999"}',
    code: 'JOB_CAN_NEVER_RUN',
    says: /no node .* can ever run/,
    next: /pbsnodes -av/,
  },
  'more cores than are free': {
    keys: 'resources: {select: "1:ncpus=4"}',
    code: 'JOB_NO_NODES',
    says: /no free nodes/,
    next: /by itself/,
  },
  'a start time': {
    directive: () => '#PBS -a 203001010000',
    code: 'JOB_NOT_BEFORE',
    says: /may not start before 2030/,
    next: /qalter -a \d{12} \d/,
  },
  'a dependency on a job of another user': {
    directive: () => `#PBS -W depend=afterok:${runs}`,
    code: 'JOB_DEPENDENCY',
    says: /PBS starts it after job \d/,
    next: /qstat -f \d/,
  },
  'a user hold': {
    queue: 'stopped',
    act: hold('u'),
    code: 'JOB_USER_HOLD',
    says: /put a user hold/,
    next: /^End it: qrls \d/,
  },
  'an operator hold': {
    queue: 'stopped',
    owner: 'ada',
    act: hold('o'),
    code: 'JOB_OPERATOR_HOLD',
    says: /operator/,
    next: /qrls -h o/,
  },
  'a system hold': {
    queue: 'stopped',
    owner: 'ada',
    act: hold('s'),
    code: 'JOB_SYSTEM_HOLD',
    says: /manager/,
    next: /qrls -h s/,
  },
  'a bad password': {
    queue: 'stopped',
    owner: 'ada',
    act: hold('p'),
    code: 'JOB_BAD_PASSWORD',
    says: /password/,
    next: /pbs_password/,
  },
  'a person who deleted it': {
    queue: 'stopped',
    act: [['qdel']],
    code: 'JOB_DELETED',
    says: /deleted/,
    next: /stage run/,
  },
  'a server that has forgotten it': {
    queue: 'stopped',
    act: [['qdel', '-W', 'force', '-x']],
    code: 'JOB_ABSENT',
    says: /does not know job \d/,
    next: /stage status/,
  },
};

describe('a job that stands', () => {
  test.each(Object.entries(STANDING))('for %s', async (cause, row) => {
    const name = cause.replaceAll(' ', '-');
    const job = await submitted(name, row);
    for (const [command = '', ...argv] of row.act ?? [])
      expect(await world.pbs(command, ...argv, job)).toMatchObject({exitCode: 0});
    const reason = await world.waitFor(`${row.code} is told`, async () => {
      const told = await why(name);
      return told.code === row.code && told;
    });
    expect(`${reason.what}: ${reason.why ?? ''}`).toMatch(row.says);
    expect(reason.next.some((line) => row.next.test(line))).toBe(true);
    expect(JSON.stringify(reason)).not.toMatch(/[{]\w+[}]|undefined/);
  });
});

const REFUSED: Readonly<Record<string, Row>> = {
  'a queue that does not exist': {queue: 'nosuch', code: 'STEP_FAILED', says: /no such queue/, next: /qstat -Q/},
  'a disabled queue': {queue: 'closed', code: 'STEP_FAILED', says: /disabled/, next: /Name another queue/},
  'a walltime that is too long': {
    queue: 'short',
    keys: 'resources: {walltime: "01:00:00"}',
    code: 'STEP_FAILED',
    says: /more than the queue or the server allows/,
    next: /qstat -Q -f/,
  },
  'a resource that the site does not have': {
    keys: 'resources: {nosuch: "1"}',
    code: 'STEP_FAILED',
    says: /no such resource/,
    next: /under "resources"/,
  },
  'a full queue': {queue: 'full', code: 'JOB_REFUSED_FOR_NOW', says: /limit/, next: /tried again by itself/},
};

describe('a job that PBS refuses', () => {
  test.each(Object.entries(REFUSED))('for %s', async (cause, row) => {
    const name = cause.replaceAll(' ', '-');
    await begun(name, {...row, second: true});
    const reason = await why(name);
    expect(reason.code).toBe(row.code);
    expect(`${reason.what}: ${reason.why ?? ''}`).toMatch(row.says);
    expect(reason.next.some((line) => row.next.test(line))).toBe(true);
  });
});

test('a scheduler that is switched off is told as a queue in which it waits', async () => {
  await qmgr('set server scheduling = False');
  await begun('unscheduled', {});
  expect(await why('unscheduled')).toMatchObject({code: 'JOB_QUEUED', why: expect.stringContaining('has not looked')});
  await qmgr('set server scheduling = True');
});

test.each(['down', 'garbage'])(
  'a server that is %s: nothing is concluded, and what to ask it is told',
  async (mode) => {
    await begun(`before-${mode}`, {queue: 'stopped'});
    await world.stage('local', 'outage', 'pbs', '--mode', mode);
    try {
      expect(await why(`before-${mode}`)).toMatchObject({
        standing: 'trouble',
        code: 'PBS_NOT_ASKED',
        next: expect.arrayContaining([expect.stringContaining('qstat -B')]),
      });
    } finally {
      await world.stage('local', 'outage', 'end');
    }
  },
);
