import {type ChildProcess, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {userInfo} from 'node:os';
import {dirname, join, relative} from 'node:path';
import {standInHome} from '../../src/stand-ins/stand-in-home.ts';
import {askPbs} from './ask-pbs.ts';
import {batchSystem, type Managing, worldsDirectory} from './batch-system.ts';
import {CLI, cleanEnvironment, type Ran, type RunOptions, runProgram, runStage} from './cli.ts';
import {type CrashPoints, mortalConfig, openCrashPoints} from './crash-points.ts';
import {type GlobusClient, globusOf, type TaskDocument} from './globus.ts';
import {ownJobs} from './own-jobs.ts';
import {until} from './until.ts';
import {COMPILED, runWarm} from './warm-stage.ts';

/** A job as `qstat -x -f -F json` shows it, with its id. */
export interface JobDocument {
  readonly id: string;
  readonly Job_Name: string;
  readonly job_state: string;
  readonly depend?: string;
  readonly Hold_Types?: string;
  readonly Exit_status?: number;
  readonly Resource_List?: Readonly<Record<string, unknown>>;
  readonly Variable_List?: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
}

/** `sealed/RUN.json`. */
export interface Sealed {
  readonly state: string;
  readonly why: string;
  readonly steps: readonly {
    readonly step: string;
    readonly state: string;
    readonly why: string;
    readonly job?: string;
    readonly task?: string;
    readonly exitStatus?: number;
  }[];
}

/** What `stage status RUN --json` shows, as far as tests read it. */
export interface StatusDocument {
  readonly runs: readonly {
    readonly run: string;
    readonly state: string;
    readonly reason: string;
    readonly steps: readonly {
      readonly step: string;
      readonly state: string;
      readonly reason: string;
      readonly job?: string;
      readonly task?: string;
      readonly exitStatus?: number;
    }[];
  }[];
}

/** A state directory of its own with both stand-ins, driven through processes and files alone. */
export interface World {
  /** the directory of all that is the world's */
  readonly root: string;
  /** STAGE_HOME */
  readonly home: string;
  /** the state directory of the profile that tests use */
  readonly state: string;
  /** where workflows and scripts lie, and commands run */
  readonly work: string;
  stage(...argv: (string | RunOptions)[]): Promise<Ran>;
  /** the same as a process of its own, from bin/stage on, whatever the world's commands are */
  process(...argv: (string | RunOptions)[]): Promise<Ran>;
  /** start a command and do not wait for it */
  start(...argv: string[]): ChildProcess;
  pbs(command: string, ...argv: (string | RunOptions)[]): Promise<Ran>;
  /** where a collection's file lies */
  path(collection: string, file?: string): string;
  /** a collection of its own, so that a test can pause it without the others */
  collection(name: string): Promise<void>;
  /** files of random content; @returns their names */
  writeTree(directory: string, files: number): string[];
  /** a file in the working directory; @returns its path */
  write(name: string, text: string): string;
  /** all jobs, finished ones too */
  jobs(): Promise<JobDocument[]>;
  /** jobs of a run, by the tag that travels in their variables: `s-RUN.…` */
  jobsOf(run: string): Promise<JobDocument[]>;
  tasks(): Promise<TaskDocument[]>;
  /** tasks that a run's facts speak of */
  tasksOf(run: string): Promise<TaskDocument[]>;
  cancelTask(id: string): Promise<void>;
  /** the Transfer API, as any program would speak to it */
  globus(): Promise<GlobusClient>;
  facts(run: string): string[];
  fact(run: string, name: string): Record<string, unknown>;
  /** wait for the seal of a run by looking at the disk alone */
  ended(run: string, seconds?: number): Promise<Sealed>;
  status(run: string): Promise<StatusDocument['runs'][number]>;
  waitFor<T>(
    what: string,
    condition: () => T | undefined | false | Promise<T | undefined | false>,
    limits?: {seconds: number},
  ): Promise<T>;
  /** where processes are to die */
  readonly points: CrashPoints;
  /** every job of this world vanishes without a trace, those that run and those in the history, too */
  wipe(): Promise<void>;
  /** a server that others use, too */
  readonly shared: boolean;
  /** let so many jobs run at once; a foreign server has the processors that it has */
  makeRoom(jobs: number): Promise<void>;
  /** finished jobs are kept */
  keepsHistory(): Promise<boolean>;
  /** set an attribute of the server; absent where the tests may not */
  readonly setServer?: (attribute: string, value: string) => Promise<void>;
  /** stop and start the server; absent where the tests may not */
  readonly server?: {stop(): Promise<void>; start(): Promise<void>};
  /** SIGKILL for every process of a job that runs. @returns how many there were */
  killJob(id: string): Promise<number>;
  /** end the stand-ins without warning */
  kill(): Promise<void>;
  /** @param keep leave its files for somebody to look at */
  close(keep?: boolean): Promise<void>;
}

const DEFAULT_SECONDS = 30;
/** how long one command may take */
const COMMAND_SECONDS = 60;

/**
 * A world to test in; `close` ends its processes and removes it.
 *
 * @param options.config text of the configuration file; none when absent
 * @param options.day how long a day lasts in the stand-ins, as `stage local up --day` has it
 * @param options.ownProcesses each command of stage is a process from bin/stage on, in jobs too, as for everybody else;
 *   without it a command runs in a process that has run others before it (warm-stage.ts)
 * @param options.mortal its processes, those in jobs too, die where `points` says
 */
export async function localWorld({
  config,
  day,
  mortal = false,
  ownProcesses = false,
}: {
  config?: string;
  day?: string;
  mortal?: boolean;
  ownProcesses?: boolean;
} = {}): Promise<World> {
  const root = mkdtempSync(join(worldsDirectory(), 'stage-local-'));
  const home = join(root, 'home');
  const work = join(root, 'work');
  const standIns = join(home, 'stand-ins');
  const directories: Record<string, string> = {
    archive: join(standIns, 'collections', 'archive'),
    cluster: join(standIns, 'collections', 'cluster'),
  };
  mkdirSync(work, {recursive: true});
  // As for a person who has used stage before: what Node.js compiled is kept, by commands and by jobs, which know HOME alone.
  for (const cache of ['cache', '.cache']) {
    mkdirSync(join(root, cache, 'stage'), {recursive: true});
    if (COMPILED !== undefined) symlinkSync(COMPILED, join(root, cache, 'stage', 'compiled'));
  }
  const points = openCrashPoints(join(root, 'points'));
  const batch = batchSystem(root, home, config);
  const env: Record<string, string> = {...batch.env};
  const command = ownProcesses ? runStage : runWarm;
  const runWith = (run: typeof runStage, given: readonly (string | RunOptions)[]) => {
    const argv = given.filter((part) => typeof part === 'string');
    const options = given.find((part) => typeof part !== 'string');
    return run(argv, {cwd: work, timeoutMs: commandMs, ...options, env: {...env, ...options?.env}});
  };
  const commandMs = COMMAND_SECONDS * 1000 * batch.patience;
  if (mortal) {
    const mortals = join(root, 'mortal.yaml');
    writeFileSync(mortals, mortalConfig(points));
    Object.assign(env, {STAGE_CONFIG: mortals, STAGE_CRASH_POINTS: points.directory});
  }
  const state = join(home, batch.profile);
  const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
  const running = () => read(join(standIns, 'running.json')) as {pid: number; url: string};
  const factsOf = (run: string) => join(state, 'runs', run, 'facts');
  const everyJob = together(() => askPbs(standInHome(home).socket, 'qstat', '-x', '-f', '-F', 'json'));
  const globus = () => globusOf(running().url, join(standIns, 'credentials.json'));

  const world: World = {
    root,
    home,
    state,
    work,
    points,
    stage: (...given) => runWith(command, given),
    process: (...given) => runWith(runStage, given),
    start(...argv) {
      return spawn(CLI, argv, {cwd: work, env: cleanEnvironment(env), stdio: 'ignore'});
    },
    pbs(command, ...given) {
      const argv = given.filter((part) => typeof part === 'string');
      const options = given.find((part) => typeof part !== 'string');
      const all = {cwd: work, timeoutMs: commandMs, ...options, env: cleanEnvironment({...env, ...options?.env})};
      return runProgram(batch.command(command), argv, all);
    },
    path: (collection, file = '') => join(directories[collection] ?? '', file),
    async collection(name) {
      const directory = join(root, 'collections', name);
      mkdirSync(directory, {recursive: true});
      directories[name] = directory;
      const added = await world.stage('local', 'collection', 'add', name, directory);
      if (added.exitCode !== 0) throw new Error(`collection ${name} was not added: ${added.stderr}`);
    },
    writeTree(directory, files) {
      return Array.from({length: files}, (_, index) => {
        const name = `d${index % 7}/file ${index}.dat`;
        const file = join(directory, name);
        mkdirSync(dirname(file), {recursive: true});
        writeFileSync(
          file,
          `${index} ${createHash('sha256')
            .update(`${directory}${index}`)
            .digest('hex')
            .repeat(index % 20)}\n`,
        );
        return name;
      });
    },
    write(name, text) {
      const file = join(work, name);
      mkdirSync(dirname(file), {recursive: true});
      writeFileSync(file, text);
      return file;
    },
    async jobs() {
      if (batch.shared) {
        const own = await ownJobs(world.pbs, userInfo().username);
        return own.filter((job) => JSON.stringify(job).includes(root));
      }
      const document = JSON.parse(await everyJob()) as {Jobs?: Record<string, Omit<JobDocument, 'id'>>};
      return Object.entries(document.Jobs ?? {}).map(([id, job]) => ({...job, id}) as JobDocument);
    },
    async jobsOf(run) {
      return (await world.jobs()).filter((job) => String(job.Variable_List?.STAGE_INTENT).startsWith(`s-${run}.`));
    },
    tasks: async () => (await globus()).tasks(),
    async tasksOf(run) {
      const ids = world
        .facts(run)
        .filter((name) => name.endsWith('.transfer.confirmed.json'))
        .map((name) => String(world.fact(run, name).task));
      const submissions = world
        .facts(run)
        .filter((name) => name.endsWith('.transfer.intent.json'))
        .map((name) => (world.fact(run, name).request ?? {}) as {label?: string});
      const labels = submissions.flatMap(({label}) => label ?? []);
      return (await world.tasks()).filter((task) => ids.includes(task.task_id) || labels.includes(task.label ?? ''));
    },
    globus,
    cancelTask: async (id) => (await globus()).cancel(id),
    facts: (run) =>
      existsSync(factsOf(run))
        ? readdirSync(factsOf(run))
            .filter((name) => !name.startsWith('.'))
            .sort()
        : [],
    fact: (run, name) => read(join(factsOf(run), name)) as Record<string, unknown>,
    ended(run, seconds = 60) {
      const seal = join(state, 'sealed', `${run}.json`);
      return until(`the end of run ${run}`, () => existsSync(seal) && (read(seal) as Sealed), {
        seconds: seconds * batch.patience,
        last: async () => ({
          facts: world.facts(run.replace(/~\d+$/, '')),
          jobs: leftIn(await world.jobs()),
        }),
      });
    },
    async status(run) {
      const asked = await world.stage('status', run, '--json');
      const seen = asked.json<StatusDocument>().runs?.[0];
      if (!seen) throw new Error(`no status of ${run}: ${asked.stdout}${asked.stderr}`);
      return seen;
    },
    waitFor: (what, condition, limits) =>
      until(what, condition, {
        ...limits,
        seconds: (limits?.seconds ?? DEFAULT_SECONDS) * batch.patience,
        last: async () =>
          (await world.jobs()).map(({id, Job_Name, job_state, Exit_status}) => ({
            id,
            Job_Name,
            job_state,
            Exit_status,
          })),
      }),
    async wipe() {
      if (!batch.shared) {
        await world.stage('local', 'wipe');
        return;
      }
      // One id a command, and from the last to the first: dependents of what is deleted must not vanish meanwhile.
      await until(
        'an empty queue',
        async () => {
          const jobs = await world.jobs();
          for (const {id} of jobs.reverse()) await world.pbs('qdel', '-x', '-W', 'force', id);
          return jobs.length === 0;
        },
        // With a history, that is a command for each job that the tests of a file have had.
        {seconds: 4 * DEFAULT_SECONDS * batch.patience},
      );
    },
    shared: batch.shared,
    async makeRoom(jobs) {
      if (!batch.shared) await world.pbs('qmgr', '-c', `set node stage-local resources_available.ncpus = ${jobs}`);
    },
    async keepsHistory() {
      return /job_history_enable = True/.test((await world.pbs('qstat', '-B', '-f')).stdout);
    },
    ...managing(batch.manage, {cwd: work, env: cleanEnvironment(env), timeoutMs: commandMs}),
    async killJob(id) {
      const job = (await world.jobs()).find((each) => each.id === id);
      const victims = processesOf(Number(job?.session_id ?? Number.NaN));
      for (const pid of victims) process.kill(pid, 'SIGKILL');
      return victims.length;
    },
    async kill() {
      const {pid} = running();
      process.kill(pid, 'SIGKILL');
      await until(
        `process ${pid} is dead`,
        () => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '),
      );
    },
    async close(keep = false) {
      // Nothing of a test stays in the queue of a server that is not ours.
      if (batch.shared) await world.wipe().catch(() => {});
      await command(['local', 'down'], {cwd: work, env});
      if (!keep) rmSync(root, {recursive: true, force: true, maxRetries: 5, retryDelay: 100});
    },
  };
  const up = await world.stage('local', 'up', ...(day === undefined ? [] : ['--day', day]));
  if (up.exitCode !== 0) throw new Error(`the stand-ins did not start: ${up.stderr}`);
  for (const directory of Object.values(directories)) mkdirSync(directory, {recursive: true});
  return world;
}

/** Asks that come while another is under way share the next one, which begins after them. */
function together<T>(ask: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    next ??= last.then(() => {
      next = undefined;
      const asked = ask();
      last = asked.catch(() => undefined);
      return asked;
    });
    return next;
  };
}

function managing(how: Managing, options: RunOptions): Pick<World, 'setServer' | 'server'> {
  const run = async ([program = '', ...argv]: readonly string[]) => {
    const done = await runProgram(program, argv, options);
    if (done.exitCode !== 0)
      throw new Error(`${program} ${argv.join(' ')} ended with ${done.exitCode}: ${done.stderr}`);
  };
  const {qmgr, server} = how;
  return {
    ...(qmgr ? {setServer: (attribute, value) => run([...qmgr, '-c', `set server ${attribute} = ${value}`])} : {}),
    ...(server ? {server: {stop: () => run(server.stop), start: () => run(server.start)}} : {}),
  };
}

/** Living processes of a session, without the one that leads it: the shell that PBS starts, which reports the end of the job. */
function processesOf(session: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== session)
    .filter((name) => {
      const stat = join('/proc', name, 'stat');
      const fields = existsSync(stat)
        ? readFileSync(stat, 'utf8')
            .replace(/^.*\) /s, '')
            .split(' ')
        : [];
      return Number(fields[3]) === session && fields[0] !== 'Z';
    })
    .map(Number);
}

/** sha256 of every file of a tree, by its name in it. */
export function hashesOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map(
        (file) => [relative(directory, file), createHash('sha256').update(readFileSync(file)).digest('hex')] as const,
      )
      .sort(([a], [b]) => a.localeCompare(b)),
  );
}

/** How many lines a file has; 0 while it does not exist. */
export function linesIn(file: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}

/** Permission bits, as `chmod` writes them. */
export function modeOf(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}

const OVER = ['F', 'X', 'E'];

/** Jobs that PBS still has to do something about, with their states. */
export function leftIn(jobs: readonly JobDocument[]): string[] {
  return inStates(jobs, (state) => !OVER.includes(state));
}

/** Jobs that do not even run yet: what runs ends by itself. */
export function waitingIn(jobs: readonly JobDocument[]): string[] {
  return inStates(jobs, (state) => state !== 'R' && !OVER.includes(state));
}

function inStates(jobs: readonly JobDocument[], wanted: (state: string) => boolean): string[] {
  return jobs
    .filter(({job_state}) => wanted(job_state))
    .map(({id, Job_Name, job_state}) => `${id} ${Job_Name} ${job_state}`);
}
