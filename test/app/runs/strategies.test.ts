import {writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {hashesOf, leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: jobs that wait hand over to each other within their walltimes.

/** Jobs that wait stay for 12 s of these 16, so that they have to hand over while a transfer is paused. */
const CONFIG = 'profiles: {local: {wait_walltime: "00:00:16"}}\n';

let world: World;
beforeAll(async () => {
  world = await localWorld({config: CONFIG});
});
afterAll(() => world.close());

type Strategy = 'monitor' | 'wait';
type Direction = 'stage-in' | 'stage-out';

/** A run between `archive` of its own and `cluster`; both of its transfers can be paused, and compute waits for a word. */
class StagedRun {
  readonly id: string;
  readonly computed: string;
  readonly cleaned: string;
  private readonly go: string;

  constructor(
    private readonly at: World,
    readonly name: string,
    private readonly strategy: Strategy,
  ) {
    this.id = `${name}.1`;
    this.computed = `${at.work}/${name}.computed`;
    this.cleaned = `${at.work}/${name}.cleaned`;
    this.go = `${at.work}/${name}.go`;
  }

  /** @param exit what the compute script ends with */
  async start({exit = 0} = {}): Promise<void> {
    const {at, name, strategy} = this;
    await at.collection(name);
    at.writeTree(at.path(name, 'in'), 4);
    await this.pause();
    const [staged, results] = [at.path('cluster', `${name}/in`), at.path('cluster', `${name}/out`)];
    at.write(
      `${name}.sh`,
      `#!/bin/sh\necho ran >> ${this.computed}\nuntil [ -e ${this.go} ]; do sleep 0.2; done\nmkdir -p ${results}\ncp -R ${staged}/. ${results}/\nexit ${exit}\n`,
    );
    at.write(`${name}.cleanup.sh`, `#!/bin/sh\necho ran >> ${this.cleaned}\n`);
    const file = at.write(
      `${name}.yaml`,
      `name: ${name}
steps:
  stage-in:
    strategy: ${strategy}
    transfer: {from: "${name}:/in/", to: "cluster:/${name}/in/"}
  compute:
    needs: [stage-in]
    job: {script: ${name}.sh}
  stage-out:
    needs: [compute]
    strategy: ${strategy}
    transfer: {from: "cluster:/${name}/out/", to: "${name}:/out/"}
  cleanup:
    on_failure_of: [stage-in, compute, stage-out]
    job: {script: ${name}.cleanup.sh}
`,
    );
    const started = await at.stage('run', file);
    if (started.exitCode !== 0) throw new Error(`${started.stdout}${started.stderr}`);
  }

  pause = () => this.at.stage('local', 'pause', this.name);
  resume = () => this.at.stage('local', 'resume', this.name);

  taskOf(step: Direction): string | undefined {
    const name = `${step}.1.transfer.confirmed.json`;
    return this.at.facts(this.id).includes(name) ? String(this.at.fact(this.id, name).task) : undefined;
  }

  /** Let the stage-in through, and compute, and keep the stage-out paused. */
  async toStageOut(): Promise<void> {
    await this.resume();
    await this.at.waitFor('the start of compute', () => linesIn(this.computed) === 1);
    await this.pause();
    this.compute();
    await this.at.waitFor('the stage-out', () => this.taskOf('stage-out') !== undefined);
  }

  compute(): void {
    writeFileSync(this.go, '');
  }

  /** The job that stands for a transfer at the moment: the one that waits for it, or the monitor. */
  async watcher(step: Direction): Promise<string> {
    const named = this.strategy === 'wait' ? `wait.${step}` : 'stage-monitor';
    return this.at.waitFor(`a running ${named} of ${this.name}`, async () => {
      const jobs = this.strategy === 'wait' ? await this.at.jobsOf(this.id) : await this.at.jobs();
      return jobs.find(({Job_Name, job_state}) => Job_Name === named && 'RQW'.includes(job_state))?.id;
    });
  }

  async expectSuccess(): Promise<void> {
    const sealed = await this.at.ended(this.id, 60);
    expect(sealed.state).toBe('succeeded');
    expect(sealed.steps.map(({step, state}) => `${step} ${state}`)).toEqual([
      'stage-in succeeded',
      'compute succeeded',
      'stage-out succeeded',
      'cleanup skipped',
    ]);
    expect([linesIn(this.computed), linesIn(this.cleaned)]).toEqual([1, 0]);
    expect(hashesOf(this.at.path(this.name, 'out'))).toEqual(hashesOf(this.at.path(this.name, 'in')));
    expect(await this.at.tasksOf(this.id)).toHaveLength(2);
    expect(this.failures()).toEqual([]);
    await this.expectNothingLeft();
  }

  async expectFailure(states: readonly string[], {computed = 0, tasks = 1} = {}): Promise<void> {
    const sealed = await this.at.ended(this.id, 60);
    expect(sealed.state).toBe('failed');
    expect(sealed.steps.map(({state}) => state)).toEqual([...states, 'succeeded']);
    expect([linesIn(this.computed), linesIn(this.cleaned)]).toEqual([computed, 1]);
    expect(await this.at.tasksOf(this.id)).toHaveLength(tasks);
    await this.expectNothingLeft();
  }

  /** Outcomes that say failed or cancelled. */
  failures(): string[] {
    const outcomes = this.at.facts(this.id).filter((name) => name.endsWith('.outcome.json'));
    return outcomes.filter((name) => ['failed', 'cancelled'].includes(String(this.at.fact(this.id, name).state)));
  }

  expectNothingLeft(): Promise<boolean> {
    return this.at.waitFor('nothing left', async () => leftIn(await this.at.jobsOf(this.id)).length === 0);
  }
}

const STRATEGIES: Strategy[] = ['monitor', 'wait'];
const runOf = (strategy: Strategy, name: string) => new StagedRun(world, `${name}-${strategy}`, strategy);

describe.concurrent('with either strategy', () => {
  test.for(STRATEGIES)(
    '%s: transfers that are paused and go on: compute waits, and everything is done once',
    async (strategy) => {
      const run = runOf(strategy, 'paused');
      await run.start();
      expect(linesIn(run.computed)).toBe(0);
      await run.toStageOut();
      const seen = await world.status(run.name);
      expect(seen.steps.find(({step}) => step === 'stage-out')?.state).toBe('paused');
      await run.resume();
      await run.expectSuccess();
    },
  );

  test.for(STRATEGIES)(
    '%s: a stage-in that is cancelled at Globus fails: nothing computes, the cleanup runs',
    async (strategy) => {
      const run = runOf(strategy, 'in-cancelled');
      await run.start();
      await world.cancelTask(await world.waitFor('the stage-in', () => run.taskOf('stage-in')));
      await run.expectFailure(['failed', 'skipped', 'skipped']);
    },
  );

  test.for(STRATEGIES)(
    '%s: a stage-out that is cancelled at Globus fails: compute stays as it is, the cleanup runs',
    async (strategy) => {
      const run = runOf(strategy, 'out-cancelled');
      await run.start();
      await run.toStageOut();
      await world.cancelTask(String(run.taskOf('stage-out')));
      await run.expectFailure(['succeeded', 'succeeded', 'failed'], {computed: 1, tasks: 2});
    },
  );

  test.for(STRATEGIES)('%s: compute that fails starts no stage-out, and the cleanup runs', async (strategy) => {
    const run = runOf(strategy, 'compute-fails');
    await run.start({exit: 3});
    await run.resume();
    run.compute();
    await run.expectFailure(['succeeded', 'failed', 'skipped'], {computed: 1});
  });

  test.for(STRATEGIES)(
    '%s: the process that looks after a transfer is deleted, and killed: another one does, and nothing counts as failed',
    async (strategy) => {
      const run = runOf(strategy, 'killed');
      await run.start();
      await world.pbs('qdel', await run.watcher('stage-in'));
      await world.stage('status');
      await run.toStageOut();
      const job = await run.watcher('stage-out');
      if ((await world.killJob(job)) === 0) await world.pbs('qdel', job);
      await world.stage('status');
      await run.resume();
      await run.expectSuccess();
    },
  );

  test.for(STRATEGIES)(
    '%s: transfers that are paused for longer than a waiting job may stay fail nothing',
    async (strategy) => {
      const run = runOf(strategy, 'long-pause');
      await run.start();
      const outlived = async (step: Direction) => {
        if (strategy === 'monitor') return true;
        return world.facts(run.id).some((name) => name.startsWith(`${step}.1.wait`) && name.endsWith('.leaving.json'));
      };
      await world.waitFor('the first hand-over', () => outlived('stage-in'), {seconds: 40});
      await run.toStageOut();
      await world.waitFor('the second hand-over', () => outlived('stage-out'), {seconds: 40});
      await run.resume();
      await run.expectSuccess();
      const statuses = (await world.jobsOf(run.id)).filter(({Job_Name}) => Job_Name.startsWith('wait.'));
      expect(statuses.filter(({Exit_status = 0}) => Exit_status < 0)).toEqual([]);
    },
  );

  test.for(STRATEGIES)('%s: a queue that is wiped during either transfer is filled again', async (strategy) => {
    const alone = await localWorld({config: CONFIG});
    try {
      const run = new StagedRun(alone, 'wiped', strategy);
      await run.start();
      await alone.wipe();
      await alone.stage('resume', '--all');
      await run.toStageOut();
      await alone.wipe();
      await alone.stage('resume', '--all');
      await run.resume();
      await run.expectSuccess();
    } finally {
      await alone.close();
    }
  });
});
