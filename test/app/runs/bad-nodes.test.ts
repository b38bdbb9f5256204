import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {patiently} from '../../support/batch-system.ts';
import {classic} from '../../support/workflows.ts';
import {hashesOf, leftIn, linesIn, localWorld, type World} from '../../support/world.ts';

// Real processes: a job starts on a node where stage cannot begin.

describe.each(['monitor', 'wait'])(
  'where every staging job but the monitors dies at once, with strategy %s',
  (strategy) => {
    let world: World;
    beforeAll(async () => {
      const setup = `case "$PBS_JOBNAME" in launch.*|watch.*|wait.*) kill -9 $$ ;; esac`;
      world = await localWorld({config: `profiles:\n  local:\n    strategy: ${strategy}\n    setup: '${setup}'\n`});
    });
    afterAll(() => world.close());

    test(
      'a run comes to its end all the same, and everything is done once',
      async () => {
        const {file, computed} = classic(world, 'bad');
        expect((await world.stage('run', file)).exitCode).toBe(0);
        expect(await world.ended('bad.1', 100)).toMatchObject({state: 'succeeded'});
        expect(linesIn(computed)).toBe(1);
        expect(await world.tasksOf('bad.1')).toHaveLength(2);
        expect(hashesOf(world.path('archive', 'bad/out'))).toEqual(hashesOf(world.path('archive', 'bad/in')));
        await world.waitFor('nothing left', async () => leftIn(await world.jobsOf('bad.1')).length === 0);
      },
      patiently(120_000),
    );

    test(
      'a failure is seen, and the cleanup runs',
      async () => {
        const {file, cleaned} = classic(world, 'failing', {body: 'exit 3'});
        await world.stage('run', file);
        expect(await world.ended('failing.1', 100)).toMatchObject({state: 'failed'});
        expect(linesIn(cleaned)).toBe(1);
      },
      patiently(120_000),
    );
  },
);
