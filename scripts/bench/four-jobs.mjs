/**
 * What "stage run" of four jobs costs against a bash script with the same four qsubs.
 *
 *   npm run bench:jobs [-- --rounds 10] [--delay 0,50,200] [--shape wide|chain]
 *
 * With the stand-in's commands, or with those of the PBS whose qsub stands on PATH (`--on-path`). `--delay` makes each
 * qsub take so many milliseconds longer, as servers under load do. Both run in turns; the ratio is taken pair by pair.
 */
import {execFileSync, spawnSync} from 'node:child_process';
import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const {values: given} = parseArgs({
  options: {
    rounds: {type: 'string', default: '10'},
    delay: {type: 'string', default: '0,50,200'},
    shape: {type: 'string', default: 'wide'},
    'on-path': {type: 'boolean', default: false},
  },
});
const rounds = Number(given.rounds);
const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = join(root, 'bin', 'stage');
const home = mkdtempSync(join(given['on-path'] ? homedir() : tmpdir(), 'stage-bench-'));
const {NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...clean} = process.env;
const env = {
  ...clean,
  STAGE_HOME: join(home, 'state'),
  STAGE_CONFIG: join(home, 'config.yaml'),
  STAGE_PROFILE: 'bench',
};
const COMMANDS = ['qsub', 'qstat', 'qselect', 'qdel', 'qhold', 'qrls', 'qalter'];

/** The commands of PBS, of which qsub takes longer. */
function slowed(milliseconds) {
  const real = given['on-path'] ? undefined : join(env.STAGE_HOME, 'stand-ins', 'bin');
  const bin = join(home, `bin-${milliseconds}`);
  mkdirSync(bin);
  for (const command of COMMANDS) {
    const file = real
      ? join(real, command)
      : execFileSync('sh', ['-c', `command -v ${command}`], {encoding: 'utf8'}).trim();
    const wait = command === 'qsub' && milliseconds > 0 ? `sleep ${milliseconds / 1000}\n` : '';
    writeFileSync(join(bin, command), `#!/bin/sh\n${wait}exec ${file} "$@"\n`);
    chmodSync(join(bin, command), 0o755);
  }
  return bin;
}

const STEPS = ['a', 'b', 'c', 'd'];
const needs = {wide: [[], [], [], []], chain: [[], ['a'], ['b'], ['c']]}[given.shape];
if (!needs) throw new Error('--shape is wide or chain');

function timed(program, argv, more = {}) {
  const started = process.hrtime.bigint();
  const done = spawnSync(program, argv, {env: {...env, ...more}, cwd: home, encoding: 'utf8'});
  const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
  if (done.status !== 0)
    throw new Error(`${program} ${argv.join(' ')} ended with ${done.status}: ${done.stdout}${done.stderr}`);
  return milliseconds;
}

function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

let runs = 0;
/** The workflow of four jobs that sleep for a while, under a new name. */
function workflow() {
  runs += 1;
  const steps = STEPS.map((step, at) => `  ${step}: {needs: [${needs[at].join(', ')}], job: {script: job.sh}}\n`);
  writeFileSync(join(home, 'four.yaml'), `name: four-${runs}\nsteps:\n${steps.join('')}`);
  return `four-${runs}`;
}

function bashScript() {
  const lines = STEPS.map((step, at) => {
    const [need] = needs[at];
    return `${step}=$(qsub -l walltime=00:05:00${need ? ` -W depend=afterok:$${need}` : ''} job.sh)`;
  });
  writeFileSync(join(home, 'four.sh'), `#!/bin/bash\nset -eu\n${lines.join('\n')}\n`, {mode: 0o755});
}

function clearAway(bin) {
  const PATH = `${bin}:${env.PATH}`;
  const ids = spawnSync('qselect', ['-u', execFileSync('id', ['-un'], {encoding: 'utf8'}).trim()], {
    env: {...env, PATH},
    encoding: 'utf8',
  });
  // Only what this bench submitted: other jobs of the user are left alone.
  for (const id of ids.stdout.trim().split('\n').filter(Boolean).reverse()) {
    const shown = spawnSync('qstat', ['-f', '-w', id], {env: {...env, PATH}, encoding: 'utf8'}).stdout;
    if (shown.includes(home)) spawnSync('qdel', ['-x', '-W', 'force', id], {env: {...env, PATH}});
  }
}

try {
  writeFileSync(join(home, 'job.sh'), '#!/bin/sh\nsleep 30\n', {mode: 0o755});
  bashScript();
  if (!given['on-path']) timed(cli, ['local', 'up']);
  console.log(`Node.js ${process.version}; four jobs, ${given.shape}; ${rounds} rounds, medians`);
  for (const delay of given.delay.split(',').map(Number)) {
    const bin = slowed(delay);
    writeFileSync(
      env.STAGE_CONFIG,
      `profiles:\n  bench: {scheduler: {kind: pbs, bin: ${bin}}, transfer: local, monitor: {min: 3h, max: 4h}}\n`,
    );
    const bash = () => timed('bash', ['four.sh'], {PATH: `${bin}:${env.PATH}`});
    const stage = () => timed(cli, ['run', '--no-check', 'four.yaml']);
    workflow();
    stage();
    const pairs = [];
    for (let round = 0; round < rounds; round += 1) {
      const name = workflow();
      pairs.push({bash: bash(), stage: stage()});
      timed(cli, ['cancel', name]);
      clearAway(bin);
    }
    const ratio = median(pairs.map((pair) => pair.stage / pair.bash));
    const [ours, theirs] = [median(pairs.map((pair) => pair.stage)), median(pairs.map((pair) => pair.bash))];
    console.log(
      `qsub ${String(delay).padStart(3)} ms longer: stage run ${ours.toFixed(0).padStart(5)} ms, bash ${theirs.toFixed(0).padStart(5)} ms, ratio ${ratio.toFixed(2)}`,
    );
  }
} finally {
  if (!given['on-path']) spawnSync(cli, ['local', 'down'], {env});
  rmSync(home, {recursive: true, force: true});
}
