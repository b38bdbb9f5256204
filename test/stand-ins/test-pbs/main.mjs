/**
 * Runs the use-cases on the PBS that `qsub` on PATH belongs to, as an ordinary user, with a local Globus beside it.
 *
 *   npm run test:pbs [-- FILE…]              on that PBS
 *   npm run test:pbs -- --stand-in [FILE…]   on the stand-in, as a stranger would: its commands on PATH, its own home
 *                      --history off         on the stand-in: without the history of finished jobs
 *                      --slow                on the stand-in: jobs start, end and are deleted seconds later, as on a busy server
 *
 * What can be told by the environment, and what a site must offer: docs/testing.md, "On a real PBS".
 */
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {FILES} from './files.mjs';
import {probeJobs} from './probe.mjs';
import {sumUp} from './report.mjs';
import {askServer, SetUpWrong} from './server.mjs';
import {openStandIn} from './stand-in.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const cli = join(root, 'bin', 'stage');
const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    'stand-in': {type: 'boolean', default: false},
    history: {type: 'string', default: 'on'},
    slow: {type: 'boolean', default: false},
  },
});
const scratch = mkdtempSync(join(tmpdir(), 'stage-test-pbs-'));
const env = {...process.env, STAGE_TEST_PBS: '1', STAGE_TEST_SKIPS: join(scratch, 'skips')};
let standIn;
try {
  if (values['stand-in']) {
    standIn = openStandIn({cli, home: join(scratch, 'home'), history: values.history !== 'off', slow: values.slow});
    Object.assign(env, standIn.env(env));
  }
  process.exitCode = await test(env);
} catch (error) {
  if (!(error instanceof SetUpWrong)) throw error;
  console.error(`${error.message}\n${error.next.map((line) => `  ${line}`).join('\n')}`);
  process.exitCode = error.exitCode;
} finally {
  standIn?.close();
  rmSync(scratch, {recursive: true, force: true});
}

/** @returns the exit code */
async function test(env) {
  const server = askServer(env);
  console.log(`PBS: ${server.name}, ${server.version}; finished jobs are ${server.history ? 'kept' : 'forgotten'}`);
  env.STAGE_TEST_DIRECTORY ??= join(homedir(), '.stage-tests');
  mkdirSync(env.STAGE_TEST_DIRECTORY, {recursive: true});
  const probe = await probeJobs(env, {node: process.execPath, cli});
  console.log(
    `a job of nothing took ${probe.seconds.toFixed(1)} s, on ${probe.host}; everything lies in ${env.STAGE_TEST_DIRECTORY}`,
  );
  if (probe.staging && env.STAGE_TEST_PBS_PROFILE === undefined) {
    env.STAGE_TEST_PBS_PROFILE = join(scratch, 'profile.yaml');
    writeFileSync(env.STAGE_TEST_PBS_PROFILE, `staging: {select: "${probe.staging}"}\n`);
    console.log(`staging jobs are asked for here, where the local Globus is: select=${probe.staging}`);
  }
  env.STAGE_TEST_PATIENCE ??= String(Math.min(20, Math.max(4, Math.ceil(probe.seconds))));
  const patience = Number(env.STAGE_TEST_PATIENCE);
  // One at a time: on two cores, jobs of two tests that wait for a word would keep each other's staging jobs out.
  const atOnce = env.STAGE_TEST_PBS_CONCURRENCY ?? '1';
  console.log(`bounds are ${patience} times those of the stand-in; ${atOnce} test at once\n`);
  const results = join(scratch, 'results.json');
  const argv = [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--no-file-parallelism',
    `--maxConcurrency=${atOnce}`,
    `--testTimeout=${120_000 * patience}`,
    `--hookTimeout=${60_000 * patience}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...(positionals.length > 0 ? positionals : FILES),
  ];
  const done = spawnSync(process.execPath, argv, {cwd: root, env, stdio: 'inherit'});
  for (const line of sumUp(results, env.STAGE_TEST_SKIPS)) console.log(line);
  return done.status ?? 1;
}
