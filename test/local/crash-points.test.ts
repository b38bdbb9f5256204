import {chmodSync, copyFileSync, existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {classic} from './support/workflows.ts';
import {leftIn, linesIn, localWorld, type World} from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await localWorld();
  wrapQsub(world);
});
afterAll(() => world.close());

/** qsub that kills whoever called it, before or after it has submitted the script, when a file says so. */
function wrapQsub({home, work}: World): void {
  const bin = join(home, 'stand-ins', 'bin');
  copyFileSync(join(bin, 'qsub'), join(bin, 'qsub-itself'));
  chmodSync(join(bin, 'qsub-itself'), 0o755);
  const lines = [
    '#!/bin/sh',
    'for last; do :; done',
    'run=$(basename "$(dirname "$(dirname "$last")")")',
    `mark="${work}/kill.$run.$(basename "$last")"`,
    'if [ -e "$mark.before" ]; then rm "$mark.before"; kill -9 $PPID; exit 1; fi',
    `answer=$("${bin}/qsub-itself" "$@"); code=$?`,
    'if [ -e "$mark.after" ]; then rm "$mark.after"; kill -9 $PPID; exit 1; fi',
    '[ -z "$answer" ] || echo "$answer"',
    'exit $code',
  ];
  writeFileSync(join(bin, 'qsub'), `${lines.join('\n')}\n`, {mode: 0o755});
}

/** Every look at one run looks at all of them, so this one may die at the point that another test has set. */
async function runUntilItLives(file: string): Promise<number> {
  for (let tries = 0; tries < 12; tries++) {
    const {exitCode} = await world.stage('run', file);
    if (exitCode !== -1) return exitCode;
  }
  throw new Error('"stage run" was killed at more points than there are');
}

describe.concurrent('"stage run" that dies beside qsub, and is run once more', () => {
  const scripts = [
    'compute.1.job',
    'cleanup.1.job',
    'compute.1.sentinel',
    'cleanup.1.sentinel',
    'stage-out.1.launcher',
  ];
  const points = scripts.flatMap((script) => [
    [script, 'before'],
    [script, 'after'],
  ]);

  test.each(points)(
    '%s, %s it was submitted: everything once, nothing left',
    async (script, when) => {
      const name = `${script.replaceAll('.', '-')}-${when}`;
      const {file, computed} = classic(world, name);
      // Any process may be the one that submits this job: every look at one run looks at all of them.
      const mark = world.write(`kill.${name}.1.${script}.sh.${when}`, '');
      await world.stage('run', file);
      await world.waitFor('the death', () => !existsSync(mark));
      expect(await runUntilItLives(file)).toBeOneOf([0, 4]);
      expect(await world.ended(`${name}.1`, 75)).toMatchObject({state: 'succeeded'});
      expect(linesIn(computed)).toBe(1);
      expect(await world.tasksOf(`${name}.1`)).toHaveLength(2);
      await world.waitFor('nothing left', async () => leftIn(await world.jobsOf(`${name}.1`)).length === 0);
    },
    100_000,
  );
});

test.concurrent.each(['before', 'after'])(
  'the first monitor, when its submitter dies %s qsub, is replaced: the run ends by itself',
  async (when) => {
    const alone = await localWorld();
    try {
      wrapQsub(alone);
      const {file, computed} = classic(alone, 'chain');
      const mark = alone.write(`kill.local.000001.monitor.sh.${when}`, '');
      await alone.stage('run', file);
      expect(existsSync(mark)).toBe(false);
      expect((await alone.stage('run', file)).exitCode).toBeOneOf([0, 4]);
      expect(await alone.ended('chain.1', 75)).toMatchObject({state: 'succeeded'});
      expect(linesIn(computed)).toBe(1);
    } finally {
      await alone.close();
    }
  },
  120_000,
);
