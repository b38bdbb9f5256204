// How many PBS commands so many runs cost that are started at once: stage-in, compute, stage-out, cleanup.
// Each command is wrapped by one that appends a line to a log. PBS is the stand-in, or with --path the one on PATH,
// whose jobs must run on this host, since the stand-in Globus listens here alone.
// Usage: node scripts/bench/pbs-calls.mjs [RUNS, 60] [--path]
import {spawn, spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

const words = process.argv.slice(2);
const onPath = words.includes('--path');
const [runs = 60] = words.filter((word) => word !== '--path').map(Number);
const PATIENCE_MS = 15 * 60_000;
const cli = join(import.meta.dirname, '../../bin/stage');
const home = mkdtempSync(join(onPath ? homedir() : tmpdir(), 'stage-pbs-calls-'));
const configFile = join(home, 'config.yaml');
const env = {
  ...process.env,
  STAGE_HOME: home,
  STAGE_CONFIG: configFile,
  STAGE_PROFILE: 'bench',
  XDG_CACHE_HOME: home,
  XDG_CONFIG_HOME: home,
};
const log = join(home, 'calls');
const collections = join(home, 'stand-ins', 'collections');
const bin = join(home, 'commands');

function stage(...argv) {
  const done = spawnSync(cli, argv, {cwd: home, env, encoding: 'utf8'});
  if (done.status !== 0 && argv[0] === 'local') throw new Error(`stage ${argv.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

function start(...argv) {
  const child = spawn(cli, argv, {cwd: home, env, stdio: 'ignore'});
  return new Promise((resolve) => child.on('close', resolve));
}

/** A script for each command, which leaves a line and runs it; and a profile that uses these. */
function wrapCommands() {
  const places = onPath ? (process.env.PATH ?? '').split(':') : [join(home, 'stand-ins', 'bin')];
  mkdirSync(bin);
  for (const command of ['qsub', 'qstat', 'qselect', 'qdel', 'qrls', 'qhold', 'qalter']) {
    const place = places.find((directory) => existsSync(join(directory, command)));
    const line = `#!/bin/sh\necho "${command} $*" >> '${log}'\nexec '${place}/${command}' "$@"\n`;
    writeFileSync(join(bin, command), line);
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
    return readdirSync(join(home, 'bench', 'sealed')).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
};

try {
  writeFileSync(
    configFile,
    `profiles:
  bench:
    scheduler: {kind: pbs, bin: ${bin}, timeout: 60s, commands_per_second: 1000, burst: 1000}
    transfer: local
    monitor: {min: 5s, max: 60s}
`,
  );
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
  const facts = names.flatMap((name) => readdirSync(join(home, 'bench', 'runs', `${name}.1`, 'facts')));
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
