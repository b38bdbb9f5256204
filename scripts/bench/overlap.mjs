// What it saves that a node is held only while it computes: a series of runs, each a job of t seconds on one node and a
// transfer of its output of u seconds, by a campaign whose jobs follow each other while outputs move, k at a time at
// Globus. Beside it: one run after the other, and the limit, n·t + u where the transfers keep up (u ≤ k·t), else
// t + n·u/k. Everything runs on the stand-ins, each cell on its own; jobs sleep, and transfers have a rate.
// A cell passes when it takes no longer than 105 % of the limit and 1.5 times monitor.min for each hand-over on its way: from
// the command to the first job, from a job to its transfer, and from the last transfer to the end of its run. Between jobs
// that PBS queues, and transfers that Globus queues, there is none.
// Usage: node scripts/bench/overlap.mjs [--n 10] [--t 4] [--ratios 0.5,1,2] [--slots 1,2,4] [--large 100] [--large-cells 1x2,2x4]
//        [--at-once 3] [--timeline] [--write]     (--large 0: none; --write: the table and the picture in docs)
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const {values: given} = parseArgs({
  options: {
    n: {type: 'string', default: '10'},
    t: {type: 'string', default: '4'},
    ratios: {type: 'string', default: '0.5,1,2'},
    slots: {type: 'string', default: '1,2,4'},
    large: {type: 'string', default: '100'},
    'large-cells': {type: 'string', default: '1x2,2x4'},
    'at-once': {type: 'string', default: '3'},
    timeline: {type: 'boolean', default: false},
    write: {type: 'boolean', default: false},
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = join(root, 'bin/stage');
const numbers = (text) => text.split(',').map(Number);
const [small, t, large] = [Number(given.n), Number(given.t), Number(given.large)];
const [ratios, slots] = [numbers(given.ratios), numbers(given.slots)];
const RATE = 200_000;
const [MIN, MAX] = [1, 5];
const HAND_OVERS = 3;
const SEQUENTIAL = 10; // so many runs are timed one after the other; for more of them that is multiplied

const limitOf = ({n, u, k}) => (u <= k * t ? n * t + u : t + (n * u) / k);
const allowedOf = (cell) => 1.05 * limitOf(cell) + 1.5 * MIN * HAND_OVERS;

/** A state directory with stand-ins of its own: one node, k transfers at a time. */
async function world(name, k) {
  const home = mkdtempSync(join(tmpdir(), `stage-overlap-${name}-`));
  const env = {
    ...process.env,
    ...{STAGE_HOME: home, STAGE_CONFIG: join(home, 'config.yaml'), STAGE_PROFILE: 'local'},
    ...{XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home},
  };
  const run = (command, ...argv) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, argv, {cwd: home, env, stdio: ['ignore', 'pipe', 'pipe']});
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
      child.on('error', reject);
      child.on('close', (exit) =>
        exit === 0 ? resolve(said) : reject(new Error(`${command} ${argv.join(' ')} ended with ${exit}: ${said}`)),
      );
    });
  const stage = (...argv) => run(cli, ...argv);
  writeFileSync(
    join(home, 'config.yaml'),
    `profiles: {local: {monitor: {min: ${MIN}s, max: ${MAX}s}, compute: {queue: node}, staging: {queue: workq}}}\n`,
  );
  const close = () => {
    spawnSync(cli, ['local', 'down'], {cwd: home, env});
    rmSync(home, {recursive: true, force: true, maxRetries: 3});
  };
  worlds.add(close);
  await stage('local', 'up');
  await stage('local', 'rate', String(RATE));
  await stage('local', 'limit', '--active', String(k));
  const qmgr = (line) => run(join(home, 'stand-ins/bin/qmgr'), '-c', line);
  await qmgr('create queue node queue_type=execution,enabled=True,started=True');
  await qmgr('set queue node max_run = [o:PBS_ALL=1]');
  const sealed = () => {
    const directory = join(home, 'local/sealed');
    return existsSync(directory) ? readdirSync(directory).filter((file) => file.endsWith('.json')) : [];
  };
  return {
    home,
    stage,
    async ended(count, seconds) {
      const until = performance.now() + seconds * 1000;
      while (sealed().length < count) {
        if (performance.now() > until)
          throw new Error(`${name}: ${sealed().length} of ${count} runs ended in ${seconds} s`);
        await sleep(100);
      }
      const wrong = sealed().filter(
        (file) => !/"state":"succeeded"/.test(readFileSync(join(home, 'local/sealed', file), 'utf8')),
      );
      if (wrong.length > 0) throw new Error(`${name}: ${wrong.join(', ')} did not succeed`);
    },
    close() {
      worlds.delete(close);
      close();
    },
  };
}

const worlds = new Set();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    for (const close of worlds) close();
    process.exit(1);
  });

function writeWorkflow(home, n, u) {
  const bytes = Math.round(RATE * u);
  const out = join(home, 'stand-ins/collections/cluster/out');
  mkdirSync(out, {recursive: true});
  writeFileSync(
    join(home, 'compute.sh'),
    `#!/bin/sh\nmkdir -p '${out}'/"$ITEM"\nhead -c ${bytes} /dev/zero > '${out}'/"$ITEM"/result\nsleep ${t}\n`,
  );
  writeFileSync(
    join(home, 'one.yaml'),
    `name: one
params: { item: null }
steps:
  compute: { job: { script: compute.sh, env: { ITEM: "\${{ params.item }}" }, resources: { walltime: "00:05:00" } } }
  stage-out:
    needs: compute
    transfer: { from: "cluster:/out/\${{ params.item }}/", to: "archive:/out/\${{ params.item }}/" }
`,
  );
  const items = Array.from({length: n}, (_, at) => `i${at + 1}`);
  writeFileSync(
    join(home, 'many.yaml'),
    `campaign: many\nworkflow: one.yaml\nfor_each: [${items.join(', ')}]\nparams: { item: "\${{ item }}" }\nmax_active: ${n}\n`,
  );
}

async function timed(name, k, {n, u}, work) {
  const at = await world(name, k);
  try {
    writeWorkflow(at.home, n, u);
    const began = performance.now();
    const started = Date.now();
    await work(at);
    const seconds = (performance.now() - began) / 1000;
    if (given.timeline) console.error(timeline(name, at.home, started));
    return seconds;
  } finally {
    at.close();
  }
}

/** When what happened to each run, in seconds from the start. */
function timeline(name, home, started) {
  const parts = {
    start: 'compute.1.start.1',
    end: 'compute.1.end.1',
    task: 'stage-out.1.transfer.confirmed',
    arrived: 'stage-out.1.outcome',
  };
  const runs = readdirSync(join(home, 'local/runs'));
  const lines = runs.map((run) => {
    const at = Object.entries(parts).map(([part, fact]) => {
      const file = join(home, 'local/runs', run, 'facts', `${fact}.json`);
      return `${part} ${existsSync(file) ? ((statSync(file).mtimeMs - started) / 1000).toFixed(1) : '?'}`;
    });
    return `  ${run}: ${at.join(', ')}`;
  });
  return [name, ...lines].join('\n');
}

/** Each run alone: the next one is started when the last has ended. */
function oneAfterTheOther(cell) {
  const n = Math.min(cell.n, SEQUENTIAL);
  return timed(`after-${cell.u}`, 3, {...cell, n}, async ({stage, ended}) => {
    for (let run = 1; run <= n; run++) {
      await stage('run', 'one.yaml', '--name', `run-${run}`, '--param', `item=i${run}`, '--no-check');
      await ended(run, 60 + 3 * (t + cell.u));
    }
  });
}

function ours(cell) {
  const {n, u, k} = cell;
  return timed(`n${n}-u${u}-k${k}`, k, cell, async ({stage, ended}) => {
    await stage('campaign', 'run', 'many.yaml');
    await ended(n, 120 + 4 * limitOf(cell));
  });
}

/** Some at a time, the longest first. */
async function sideBySide(works, atOnce) {
  const open = works.toSorted((one, other) => other.seconds - one.seconds);
  const worker = async () => {
    for (let work = open.shift(); work; work = open.shift()) await work.go();
  };
  await Promise.all(Array.from({length: atOnce}, worker));
}

const cells = [
  ...ratios.flatMap((ratio) => slots.map((k) => ({n: small, ratio, u: ratio * t, k}))),
  ...(large > 0 ? given['large-cells'].split(',') : []).map((text) => {
    const [ratio, k] = text.split('x').map(Number);
    return {n: large, ratio, u: ratio * t, k};
  }),
];
const alone = [...new Set(cells.map(({ratio}) => ratio))].map((ratio) => ({n: small, ratio, u: ratio * t}));
const took = new Map();
const began = performance.now();
await sideBySide(
  [
    ...cells.map((cell) => ({
      seconds: limitOf(cell),
      async go() {
        cell.ours = await ours(cell);
        say(cell);
      },
    })),
    ...alone.map((cell) => ({
      seconds: Math.min(cell.n, SEQUENTIAL) * (t + cell.u + 3),
      async go() {
        took.set(cell.ratio, (await oneAfterTheOther(cell)) / Math.min(cell.n, SEQUENTIAL));
        console.error(`one run alone, u/t = ${cell.ratio}: ${took.get(cell.ratio).toFixed(1)} s`);
      },
    })),
  ],
  Number(given['at-once']),
);
for (const cell of cells) cell.alone = took.get(cell.ratio) * cell.n;

function say({n, ratio, k, ours: seconds, ...cell}) {
  const [limit, allowed] = [limitOf({n, k, ...cell}), allowedOf({n, k, ...cell})];
  console.error(
    `n = ${n}, u/t = ${ratio}, ${k} at a time: ${seconds.toFixed(1)} s, limit ${limit.toFixed(1)} s, allowed ${allowed.toFixed(1)} s`,
  );
}

const heads = [
  'n',
  'u/t',
  'at a time',
  'one after the other',
  'overlapped',
  'the limit',
  'over the limit',
  'allowed',
  '',
];
const rows = cells.map((cell) => {
  const {n, ratio, k} = cell;
  const [limit, allowed] = [limitOf(cell), allowedOf(cell)];
  const seconds = (number) => `${number.toFixed(1)} s`;
  const figures = [cell.alone, cell.ours, limit, cell.ours - limit, allowed - limit].map(seconds);
  return [String(n), String(ratio), String(k), ...figures, cell.ours <= allowed ? 'ok' : 'too slow'];
});
const table = tableOf([heads, ...rows]);
console.log(table);
console.log(
  `t = ${t} s, monitor.min = ${MIN} s; ${cells.length + alone.length} cells in ${((performance.now() - began) / 1000).toFixed(0)} s`,
);
if (given.write) writeDocs();
if (cells.some((cell) => cell.ours > allowedOf(cell))) process.exitCode = 1;

function tableOf(lines) {
  const widths = heads.map((_, column) => Math.max(3, ...lines.map((line) => line[column].length)));
  const row = (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [row(lines[0]), row(widths.map((width) => '-'.repeat(width))), ...lines.slice(1).map(row)].join('\n');
}

function writeDocs() {
  const page = join(root, 'docs/campaigns.md');
  const [open, close] = ['<!-- bench:overlap -->', '<!-- /bench:overlap -->'];
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`${page} has no place between ${open} and ${close}`);
  const note = `t = ${t} s, \`monitor.min\` ${MIN} s. Of more than ${SEQUENTIAL} runs, ${SEQUENTIAL} were timed one after the other, and multiplied.`;
  const part = `${open}\n\n${note}\n\n${table}\n\n`;
  writeFileSync(page, text.slice(0, from) + part + text.slice(to));
  writeFileSync(join(root, 'docs/overlap.svg'), picture());
}

/** Three bars a cell: one after the other, overlapped, the limit; as shares of the first. */
function picture() {
  const [left, width, bar, gap, top] = [200, 460, 9, 14, 62];
  const COLOURS = ['#b8c0cc', '#2f6fb5', '#7fb069'];
  const names = ['one after the other', 'overlapped, by stage', 'the limit'];
  const text = (x, y, words, more = '') => `<text x="${x}" y="${y}"${more}>${words}</text>`;
  const groups = cells.map((cell, index) => {
    const y = top + index * (3 * bar + gap);
    const figures = [cell.alone, cell.ours, limitOf(cell)];
    const bars = figures.map((seconds, at) => {
      const long = ((seconds / cell.alone) * width).toFixed(1);
      const label = text(left + Number(long) + 4, y + at * bar + bar - 1, `${seconds.toFixed(0)} s`, ' class="s"');
      return `<rect x="${left}" y="${y + at * bar}" width="${long}" height="${bar - 1}" fill="${COLOURS[at]}"/>${label}`;
    });
    return [
      text(left - 8, y + 2 * bar - 1, `n = ${cell.n}, u/t = ${cell.ratio}, k = ${cell.k}`, ' text-anchor="end"'),
      ...bars,
    ].join('\n');
  });
  const legend = names.map((name, at) => {
    const x = left + at * 155;
    return `<rect x="${x}" y="34" width="10" height="10" fill="${COLOURS[at]}"/>${text(x + 15, 43, name)}`;
  });
  const height = top + cells.length * (3 * bar + gap) + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 ${height}" width="720" height="${height}" role="img" aria-label="Time of n runs: one after the other, overlapped, and the limit">
<style>text{font:12px sans-serif;fill:#333}.s{font-size:9px}.h{font-size:14px;font-weight:bold}</style>
<rect width="720" height="${height}" fill="#fff"/>
${text(left, 20, `n runs of a job (${t} s) and its stage-out (u), k transfers at a time`, ' class="h"')}
${[...legend, ...groups].join('\n')}
</svg>
`;
}
