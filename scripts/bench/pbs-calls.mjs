// How many PBS commands so many runs cost that are started at once on the stand-in: stage-in, compute, stage-out, cleanup.
// Each command of the stand-in is wrapped by a line that is appended to a log before it is run.
// Usage: node scripts/bench/pbs-calls.mjs [RUNS, 60]
import {spawn, spawnSync} from 'node:child_process';
import {chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

const [runs = 60] = process.argv.slice(2).map(Number);
const PATIENCE_MS = 15 * 60_000;
const cli = join(import.meta.dirname, '../../bin/stage');
const home = mkdtempSync(join(tmpdir(), 'stage-pbs-calls-'));
const env = {...process.env, STAGE_HOME: home, STAGE_PROFILE: 'local', XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home};
const log = join(home, 'calls');
const collections = join(home, 'stand-ins', 'collections');
const bin = join(home, 'stand-ins', 'bin');

function stage(...argv) {
  const done = spawnSync(cli, argv, {cwd: home, env, encoding: 'utf8'});
  if (done.status !== 0 && argv[0] === 'local') throw new Error(`stage ${argv.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

function start(...argv) {
  const child = spawn(cli, argv, {cwd: home, env, stdio: 'ignore'});
  return new Promise((resolve) => child.on('close', resolve));
}

/** Put a script in the place of each command: it leaves a line, and runs the command. */
function wrapCommands() {
  const hidden = join(home, 'commands');
  mkdirSync(hidden);
  for (const command of readdirSync(bin).filter((name) => /^q/.test(name))) {
    renameSync(join(bin, command), join(hidden, command));
    writeFileSync(
      join(bin, command),
      `#!/bin/sh\necho "${command} $*" >> '${log}'\nexec '${hidden}/${command}' "$@"\n`,
    );
    chmodSync(join(bin, command), 0o755);
  }
}

function writeWorkflow(name) {
  const input = join(collections, 'archive', name, 'in');
  mkdirSync(input, {recursive: true});
  mkdirSync(join(collections, 'cluster', name, 'out'), {recursive: true});
  writeFileSync(join(input, 'data'), name);
  writeFileSync(
    join(home, `${name}.yaml`),
    `name: ${name}
steps:
  stage-in: {transfer: {from: "archive:/${name}/in/", to: "cluster:/${name}/in/"}}
  compute: {needs: [stage-in], job: {script: compute.sh}}
  stage-out: {needs: [compute], transfer: {from: "cluster:/${name}/out/", to: "archive:/${name}/out/"}}
  cleanup: {on_failure_of: [stage-in, compute], job: {script: cleanup.sh}}
`,
  );
}

const sealed = () => {
  try {
    return readdirSync(join(home, 'local', 'sealed')).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
};

try {
  stage('local', 'up');
  wrapCommands();
  for (const script of ['compute.sh', 'cleanup.sh']) writeFileSync(join(home, script), '#!/bin/sh\nsleep 1\n');
  const names = Array.from({length: runs}, (_, at) => `run-${at + 1}`);
  for (const name of names) writeWorkflow(name);
  const began = performance.now();
  await Promise.all(names.map((name) => start('run', `${name}.yaml`, '--no-check')));
  const started = performance.now();
  while (sealed().length < runs && performance.now() - began < PATIENCE_MS) await sleep(500);
  const ended = performance.now();
  const calls = readFileSync(log, 'utf8').trim().split('\n');
  const of = (command) => calls.filter((line) => line.startsWith(`${command} `));
  const facts = names.flatMap((name) => readdirSync(join(home, 'local', 'runs', `${name}.1`, 'facts')));
  const count = (pattern) => facts.filter((name) => pattern.test(name)).length;
  const [deleted, released] = [count(/\.delete\.confirmed\.json$/), count(/\.release\.confirmed\.json$/)];
  const each = (number, by) => (by === 0 ? 'none' : (number / by).toFixed(2));
  console.log(
    `${sealed().length} of ${runs} runs ended, after ${((ended - began) / 1000).toFixed(0)} s (started in ${((started - began) / 1000).toFixed(0)} s)`,
  );
  console.log(
    `qsub ${of('qsub').length}, qstat ${of('qstat').length} (${of('qstat -B').length} of them -B), qselect ${of('qselect').length}, qalter ${of('qalter').length}`,
  );
  console.log(`qdel ${of('qdel').length} for ${deleted} deleted jobs: ${each(of('qdel').length, deleted)} each`);
  console.log(`qrls ${of('qrls').length} for ${released} releases: ${each(of('qrls').length, released)} each`);
} finally {
  stage('local', 'down');
  rmSync(home, {recursive: true, force: true});
}
