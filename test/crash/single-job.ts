import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'vitest';
import {EXIT} from '../../src/errors.ts';
import type {Ran} from '../support/cli.ts';
import type {World} from '../support/world.ts';

/** What `stage job submit --name NAME` must come to, whatever died on the way. */
export interface SingleJobPlay {
  /** as `STAGE_CRASH_POINTS` calls it */
  readonly run: string;
  /** submit it: the process may be killed */
  submit(): Promise<Ran>;
  /** submit it again, by two processes at once; then let it run, and count */
  endsWell(): Promise<void>;
}

/** A job that waits for another one: its submission comes to every boundary that there is. */
export async function singleJobPlay(world: World, name: string): Promise<SingleJobPlay> {
  const log = join(world.work, `${name}.log`);
  const before = `${name}-before`;
  world.write(`${name}.sh`, `#!/bin/sh\necho "$PBS_JOBID" >> ${log}\n`);
  world.write(`${before}.sh`, '#!/bin/sh\ntrue\n');
  const first = await insist(world, 'submit', `${before}.sh`, '--name', before, '--hold');
  expect(first).toMatchObject({exitCode: 0});
  const submit = () => insist(world, 'submit', `${name}.sh`, '--name', name, '--afterok', before);
  return {
    run: `${name}.1`,
    submit,
    async endsWell() {
      const all = await Promise.all([submit(), submit()]);
      expect(all.map(({exitCode, stderr}) => [exitCode, stderr])).toEqual(all.map(() => [EXIT.ok, '']));
      const [id = ''] = new Set(all.map(({stdout}) => stdout.trim()));
      expect(all.map(({stdout}) => stdout)).toEqual(all.map(() => `${id}\n`));
      const jobs = (await world.jobs()).filter(({Variable_List}) =>
        String(Variable_List?.STAGE_INTENT).startsWith(`s-job.${name}.`),
      );
      expect(jobs.map((job) => job.id)).toEqual([id]);
      await insist(world, 'release', before);
      expect(await insist(world, 'wait', name, '--timeout', '60')).toMatchObject({exitCode: 0});
      expect(existsSync(log) && readFileSync(log, 'utf8')).toBe(`${id}\n`);
      // Found by its id, too.
      expect((await insist(world, 'show', id, '--json')).json<{jobs: unknown[]}>().jobs).toEqual([
        expect.objectContaining({name, state: 'succeeded'}),
      ]);
    },
  };
}

/** As a person does: on a loaded machine PBS may not answer within the three seconds that these worlds give it. */
async function insist(world: World, ...argv: string[]): Promise<Ran> {
  for (let tries = 0; ; tries++) {
    const ran = await world.stage('job', ...argv);
    if (ran.exitCode !== EXIT.unreachable || tries === 30) return ran;
  }
}
