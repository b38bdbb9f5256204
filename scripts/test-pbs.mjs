// Runs the use-cases on a real PBS: on the server that `qsub` on PATH belongs to, with a local Globus beside it.
// Where there is no qsub, the stand-in serves as a stranger would: its commands on PATH, its server in a home of its own.
// Usage: npm run test:pbs [-- FILE…]; STAGE_TEST_DIRECTORY names a directory that execution hosts see, too.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'dist', 'stage.js');
/** Files whose tests need nothing of PBS but its commands. */
const FILES = [
  'classic-workflow',
  'failures',
  'graph',
  'cancel',
  'pause',
  'many-at-once',
  'scripts',
  'scenarios',
  'strategies',
  'arrays',
  'retries',
  'resume',
  'hold',
  'adopt',
  'batch-system',
].map((name) => `test/local/${name}.test.ts`);

const found = spawnSync('qsub', ['--version'], {encoding: 'utf8'});
const env = {...process.env, STAGE_TEST_PBS: '1'};
let home;
if (found.error) {
  home = mkdtempSync(join(tmpdir(), 'stage-test-pbs-'));
  const up = spawnSync(process.execPath, [cli, 'local', 'up'], {env: {...env, STAGE_HOME: home}, stdio: 'inherit'});
  if (up.status !== 0) process.exit(up.status ?? 1);
  env.PATH = `${join(home, 'stand-ins', 'bin')}:${env.PATH}`;
  env.STAGE_TEST_DIRECTORY ??= tmpdir();
  console.log('no qsub on PATH: the stand-in serves, as a stranger');
} else console.log(`on ${found.stdout.trim()}`);

const given = process.argv.slice(2);
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const done = spawnSync(
  process.execPath,
  [vitest, 'run', '--passWithNoTests', '--no-file-parallelism', ...(given.length > 0 ? given : FILES)],
  {
    cwd: root,
    env,
    stdio: 'inherit',
  },
);
if (home !== undefined) {
  spawnSync(process.execPath, [cli, 'local', 'down'], {env: {...env, STAGE_HOME: home}});
  rmSync(home, {recursive: true, force: true});
}
process.exit(done.status ?? 1);
