import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import type {Scenario} from '../../support/scenarios.ts';
import type {World} from '../../support/world.ts';
import {boundariesOf} from './boundaries.ts';
import type {Trouble} from './chaos-plan.ts';
import type {DiskTroubles} from './disk-troubles.ts';
import {freezeSome, killOne} from './processes.ts';

/** Bring one trouble over a world. Nothing it comes to is an error: commands die, and PBS and Globus are away. */
export async function bring(
  world: World,
  scenarios: readonly Scenario[],
  trouble: Trouble,
  disk?: DiskTroubles,
): Promise<void> {
  switch (trouble.do) {
    case 'death': {
      const names = boundariesOf(at(scenarios, trouble.run));
      world.points.set(at(names, trouble.pick % names.length));
      return;
    }
    case 'wipe':
      await world.stage('local', 'wipe');
      return;
    case 'kill':
      await world.kill().catch(() => {}); // it was dead already
      return;
    case 'outage': {
      const {target, mode, rate, seconds} = trouble;
      await world.stage('local', 'outage', target, '--mode', mode, '--rate', String(rate), '--for', `${seconds}s`);
      return;
    }
    case 'expire':
      await world.stage('local', 'expire', 'archive');
      await pause(trouble.seconds * 1000);
      await world.stage('local', 'renew', 'archive');
      return;
    case 'commands':
      await Promise.all(
        trouble.commands.map((command) =>
          world.stage(...('argv' in command ? command.argv : ['run', at(scenarios, command.run).file])),
        ),
      );
      return;
    case 'kill-one':
      killOne(world.root, trouble.pick);
      return;
    case 'freeze':
      await freezeSome(world.root, trouble.pick, trouble.seconds);
      return;
    case 'disk':
      disk?.begin(trouble.how);
      await pause(trouble.seconds * 1000);
      disk?.end(trouble.how);
      return;
    case 'double':
      await submitAgain(world, at(scenarios, trouble.run));
      return;
    default:
      trouble satisfies never;
  }
}

/** The script of a job that has begun goes to PBS a second time, without hold and dependency. */
async function submitAgain(world: World, {run}: Scenario): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    const begun = world.facts(run).flatMap((fact) => /^([^.]+\.\d+)\.start\.1\.json$/.exec(fact)?.[1] ?? []);
    const scripts = join(world.state, 'runs', run, 'scripts');
    const script = begun
      .flatMap((attempt) => readdirSync(scripts).filter((name) => name === `${attempt}.job.sh`))
      .map((name) => join(scripts, name))
      .find((path) => existsSync(path));
    if (script) {
      await world.pbs('qsub', '-o', '/dev/null', '-e', '/dev/null', '-N', 'double', script);
      return;
    }
    await pause(250);
  }
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`there is no ${index} of ${list.length}`); // the plan counts within them
  return found;
}
