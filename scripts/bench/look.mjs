// What a tick costs beside runs that have ended: time, memory and system calls of "stage monitor --no-chain" with 50 active
// runs, as ratios to the smallest number of ended runs. Nothing is judged; the table shows whether it is flat.
// After these, a campaign of so many items is open, of which one run is active.
// Usage: npm run bench:look [-- --ended 100,1000,10000] [-- --items 1000,100000] [-- --active 50]
import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const {values: given} = parseArgs({
  options: {
    ended: {type: 'string', default: '100,1000,10000'},
    active: {type: 'string', default: '50'},
    items: {type: 'string', default: '1000,100000'},
  },
});
const sizes = given.ended.split(',').map(Number);
const active = Number(given.active);
const ROUNDS = 5;
const cli = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin', 'stage');
const home = mkdtempSync(join(tmpdir(), 'stage-bench-look-'));
const state = join(home, 'state', 'bench');
const {NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...clean} = process.env;
const env = {...clean, STAGE_HOME: join(home, 'state'), STAGE_CONFIG: join(home, 'c.yaml'), STAGE_PROFILE: 'bench'};
writeFileSync(
  env.STAGE_CONFIG,
  'profiles:\n  bench: {scheduler: local, transfer: local, monitor: {min: 3h, max: 4h}}\n',
);
const usage = join(home, 'usage');
const hook = join(home, 'usage.cjs');
writeFileSync(
  hook,
  `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(usage)}, JSON.stringify(process.resourceUsage())));\n`,
);

function stage(argv, more = {}, before = []) {
  const [program, ...rest] = [...before, cli, ...argv];
  const done = spawnSync(program, rest, {env: {...env, ...more}, cwd: home, encoding: 'utf8', maxBuffer: 1e8});
  if (done.status !== 0) throw new Error(`${argv.join(' ')} ended with ${done.status}: ${done.stderr}`);
}

/** A run under another name: what names it in its files is renamed. */
function copyRun(from, to) {
  cpSync(join(state, 'runs', `${from}.1`), join(state, 'runs', `${to}.1`), {recursive: true});
  const rename = (text) => text.replaceAll(`"${from}.1"`, `"${to}.1"`).replaceAll(`"name":"${from}"`, `"name":"${to}"`);
  const rewrite = (path) => writeFileSync(path, rename(readFileSync(path, 'utf8')));
  const directory = join(state, 'runs', `${to}.1`);
  rewrite(join(directory, 'spec.json'));
  for (const name of readdirSync(join(directory, 'facts'))) rewrite(join(directory, 'facts', name));
  return rename;
}

/** A campaign whose first run waits for a paused transfer. */
function beginCampaign(items) {
  const file = join(home, 'items.txt');
  writeFileSync(file, Array.from({length: items}, (_, index) => `i${index}\n`).join(''));
  writeFileSync(
    join(home, 'one.yaml'),
    'name: one\nparams: {t: null}\nsteps:\n  in: {transfer: {from: "archive:/in/", to: "cluster:/i/${{ params.t }}/", recursive: true}}\n',
  );
  const text = `campaign: items-${items}\nworkflow: one.yaml\nfor_each: {lines: items.txt}\nparams: {t: "\${{ item }}"}\nmax_active: 1\n`;
  writeFileSync(join(home, 'many.yaml'), text);
  stage(['campaign', 'run', 'many.yaml']);
}

const TICK = ['monitor', '--no-chain'];

function measure() {
  stage(TICK);
  const rounds = Array.from({length: ROUNDS}, () => {
    const started = performance.now();
    stage(TICK, {NODE_OPTIONS: `--require ${hook}`});
    const {userCPUTime, systemCPUTime, maxRSS} = JSON.parse(readFileSync(usage, 'utf8'));
    return {real: performance.now() - started, cpu: (userCPUTime + systemCPUTime) / 1000, megabytes: maxRSS / 1000};
  });
  const least = (key) => Math.min(...rounds.map((round) => round[key]));
  return {real: least('real'), cpu: least('cpu'), megabytes: least('megabytes'), calls: fileCalls()};
}

/** Calls about files of the state directory, by strace; undefined without it. */
function fileCalls() {
  const log = join(home, 'strace');
  if (spawnSync('strace', ['-V']).status !== 0) return undefined;
  stage(TICK, {}, ['strace', '-f', '-qq', '-e', 'trace=%file,getdents64', '-o', log]);
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.includes(state) || line.includes('getdents64')).length;
}

try {
  stage(['local', 'up']);
  const archive = join(env.STAGE_HOME, 'stand-ins', 'collections', 'archive', 'in');
  mkdirSync(archive, {recursive: true});
  writeFileSync(join(archive, 'file'), 'data\n');
  stage(['run', '--name', 'ended', '--stage-in', 'archive:/in/=cluster:/in/', '--wait']);
  stage(['local', 'pause', 'archive']);
  stage(['run', '--name', 'active', '--stage-in', 'archive:/in/=cluster:/on/']);
  stage(TICK);
  for (let index = 1; index < active; index++) {
    copyRun('active', `active-${index}`);
    writeFileSync(join(state, 'active', `active-${index}.1`), '');
  }
  const seal = readFileSync(join(state, 'sealed', 'ended.1.json'), 'utf8');
  const rows = [];
  let made = 1;
  for (const size of sizes) {
    for (; made < size; made++) {
      const rename = copyRun('ended', `ended-${made}`);
      writeFileSync(join(state, 'sealed', `ended-${made}.1.json`), rename(seal));
    }
    rows.push({ended: size, items: 0, ...measure()});
  }
  for (const items of given.items.split(',').map(Number)) {
    if (items < 1) continue;
    beginCampaign(items);
    rows.push({ended: made, items, ...measure()});
    stage(['campaign', 'cancel', `items-${items}`]);
  }
  const [first] = rows;
  console.log(`a tick with ${active} active runs, least of ${ROUNDS}; in brackets the ratio to the first row\n`);
  console.log(
    '| ended runs | items | real time | CPU time | memory | calls about files |\n| ---: | ---: | ---: | ---: | ---: | ---: |',
  );
  for (const row of rows) {
    const cell = (key, unit, digits = 0) =>
      row[key] === undefined
        ? 'no strace'
        : `${row[key].toFixed(digits)} ${unit} (${(row[key] / first[key]).toFixed(2)})`;
    console.log(
      `| ${row.ended} | ${row.items} | ${cell('real', 'ms')} | ${cell('cpu', 'ms')} | ${cell('megabytes', 'MB')} | ${cell('calls', '')} |`,
    );
  }
} finally {
  spawnSync(cli, ['local', 'down'], {env, cwd: home});
  rmSync(home, {recursive: true, force: true});
}
