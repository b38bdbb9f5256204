// What stage costs, started as users do, as ratios to a bare start of the same Node.js ("node -e 0"), taken in turns in one run.
// Usage: npm run bench [-- --rounds 15]
//
// What is judged is the CPU time of the process itself, all its threads, least of the rounds: it says the same on a busy
// machine. Real time is shown beside it. That counts the waiting for qstat and qsub, too, which are Node.js programs of
// 40 ms each in the stand-in, and quick ones in a real PBS.
import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const {values: given} = parseArgs({options: {rounds: {type: 'string', default: '15'}}});
const rounds = Number(given.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number, 1 or more');
const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = join(root, 'bin', 'stage');
const home = mkdtempSync(join(tmpdir(), 'stage-bench-'));
const {NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...clean} = process.env;
const env = {
  ...clean,
  STAGE_HOME: join(home, 'state'),
  STAGE_CONFIG: join(home, 'config.yaml'),
  STAGE_PROFILE: 'bench',
};
// Monitors of the workflow itself stay out of the way: the next look is hours ahead.
writeFileSync(
  env.STAGE_CONFIG,
  'profiles:\n  bench: {scheduler: local, transfer: local, monitor: {min: 3h, max: 4h}}\n',
);

/** Loaded into each process: it writes down what it has used, at its end. Those that it starts have ended by then. */
const hook = join(home, 'usage.cjs');
const usage = join(home, 'usage');
writeFileSync(
  hook,
  `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(usage)}, JSON.stringify(process.resourceUsage())));\n`,
);

/** One run: milliseconds of real time and of CPU time, and its peak of memory. */
function run(program, argv) {
  const started = process.hrtime.bigint();
  const done = spawnSync(program, argv, {
    env: {...env, NODE_OPTIONS: `--require ${hook}`},
    cwd: home,
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  const real = Number(process.hrtime.bigint() - started) / 1e6;
  if (done.status !== 0) throw new Error(`${argv.join(' ')} ended with ${done.status}: ${done.stderr}`);
  const {userCPUTime, systemCPUTime, maxRSS} = JSON.parse(readFileSync(usage, 'utf8'));
  return {real, cpu: (userCPUTime + systemCPUTime) / 1000, megabytes: maxRSS / 1000};
}
const stage = (...argv) => run(cli, argv);
const least = (values) => Math.min(...values);

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function compare(name, argvOf, limit, memory = Number.POSITIVE_INFINITY) {
  stage(...argvOf());
  const pairs = Array.from({length: rounds}, () => ({
    bare: run(process.execPath, ['-e', '0']),
    full: stage(...argvOf()),
  }));
  const [bare, full] = ['bare', 'full'].map((kind) => least(pairs.map((pair) => pair[kind].cpu)));
  const ratio = full / bare;
  const megabytes = least(pairs.map((pair) => pair.full.megabytes));
  const real = median(pairs.map((pair) => pair.full.real / pair.bare.real));
  const good = ratio <= limit && megabytes <= memory;
  const atMost = Number.isFinite(memory) ? ` (at most ${memory})` : '';
  console.log(
    `${name.padEnd(52)} ${ratio.toFixed(1).padStart(5)} x node -e 0 (at most ${limit}): ${good ? 'ok' : 'TOO MUCH'}; ` +
      `CPU ${full.toFixed(0)} ms against ${bare.toFixed(0)} ms, ${megabytes.toFixed(0)} MB${atMost}, ` +
      `in real time ${real.toFixed(1)} x`,
  );
  return good;
}

/** Runs that ended are copies of one that really did, under other names. */
function cloneEnded(count) {
  const state = join(env.STAGE_HOME, 'bench');
  const spec = readFileSync(join(state, 'runs', 'ended.1', 'spec.json'), 'utf8');
  const seal = readFileSync(join(state, 'sealed', 'ended.1.json'), 'utf8');
  for (let index = 1; index < count; index++) {
    const name = `ended-${index}`;
    cpSync(join(state, 'runs', 'ended.1'), join(state, 'runs', `${name}.1`), {recursive: true});
    const rename = (text) =>
      text.replaceAll('"ended.1"', `"${name}.1"`).replaceAll('"name":"ended"', `"name":"${name}"`);
    writeFileSync(join(state, 'runs', `${name}.1`, 'spec.json'), rename(spec));
    writeFileSync(join(state, 'sealed', `${name}.1.json`), rename(seal));
  }
}

function newestGeneration() {
  return Math.max(
    ...readdirSync(join(env.STAGE_HOME, 'bench', 'monitor'))
      .map((name) => Number.parseInt(name, 10))
      .filter((number) => number > 0),
  );
}

let good = true;
try {
  const collections = join(env.STAGE_HOME, 'stand-ins', 'collections');
  stage('local', 'up');
  mkdirSync(join(collections, 'archive', 'in'), {recursive: true});
  writeFileSync(join(collections, 'archive', 'in', 'file'), 'data\n');
  writeFileSync(join(home, 'compute.sh'), '#!/bin/sh\nmkdir -p "$HOME/.none" 2>/dev/null; true\n');
  stage('run', '--name', 'ended', '--stage-in', 'archive:/in/=cluster:/in/', '--job', 'compute.sh', '--wait');
  cloneEnded(200);
  stage('local', 'pause', 'archive');
  for (let index = 1; index <= 20; index++) {
    stage(
      'run',
      '--name',
      `active-${index}`,
      '--stage-in',
      `archive:/in/=cluster:/in-${index}/`,
      '--job',
      'compute.sh',
      '--stage-out',
      `cluster:/out-${index}/=archive:/out-${index}/`,
      '--cleanup',
      'compute.sh',
    );
  }
  console.log(
    `Node.js ${process.version}, ${rounds} rounds; CPU time and memory: the least; real time: median of ratios taken pair by pair`,
  );
  good = compare('stage --help', () => ['--help'], 4) && good;
  good = compare('stage local status (asks nothing of PBS or Globus)', () => ['local', 'status'], 4) && good;
  good = compare('stage status --json, 200 ended and 20 active runs', () => ['status', '--json'], 8) && good;
  good =
    compare(
      'stage monitor, 20 active runs, resubmitting itself',
      () => ['monitor', '--role', 'monitor', '--generation', String(newestGeneration())],
      8,
      90,
    ) && good;
} finally {
  spawnSync(cli, ['local', 'down'], {env});
  rmSync(home, {recursive: true, force: true});
}
process.exitCode = good ? 0 : 1;
