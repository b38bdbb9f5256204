// How fast the stand-in Globus moves data, as ratios to "cp -r" and "rsync -c" of the same trees in the same run, and
// what memory it takes meanwhile. Everything goes through HTTP, as a client would ask for it.
// Usage: node scripts/bench/globus-throughput.mjs [--big 20x250M] [--small 50000x1k] [--rounds 1] [--dir /tmp]
import {spawn, spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const {values: given} = parseArgs({
  options: {
    big: {type: 'string', default: '20x250M'},
    small: {type: 'string', default: '50000x1k'},
    rounds: {type: 'string', default: '1'},
    dir: {type: 'string', default: tmpdir()},
  },
});
const TRANSFER = 'urn:globus:auth:scope:transfer.api.globus.org:all';
const FILES_A_DIRECTORY = 500;
const rounds = Number(given.rounds);
const trees = [readShape('big', given.big), readShape('small', given.small)];
const root = fileURLToPath(new URL('../..', import.meta.url));

const needed = 2 * Math.max(...trees.map(({files, bytes}) => files * Math.max(bytes, 4096))) * 1.1 + 1e8;
const {bavail, bsize} = statfsSync(given.dir);
if (bavail * bsize < needed)
  throw new Error(`${given.dir} has ${show(bavail * bsize)} left; ${show(needed)} are needed`);

const place = mkdtempSync(join(given.dir, 'stage-throughput-'));
const [from, to] = [join(place, 'from'), join(place, 'to')];
mkdirSync(to);
const hasRsync = spawnSync('rsync', ['--version']).status === 0;
if (!hasRsync) console.log('rsync is not installed: no ratio to it');
let standIn;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    standIn?.process.kill('SIGINT');
    rmSync(place, {recursive: true, force: true});
    process.exit(1);
  });
}
try {
  standIn = await startStandIn();
  for (const tree of trees) if (tree.files > 0) await measure(tree);
} finally {
  standIn?.process.kill('SIGINT');
  await standIn?.ended;
  rmSync(place, {recursive: true, force: true, maxRetries: 3});
}

async function measure({name, files, bytes}) {
  fill(join(from, name), files, bytes);
  console.log(`${name}: ${files} files, ${show(files * bytes)}`);
  const ways = {
    'cp -r': () => command('cp', ['-r', join(from, name), to]),
    'stand-in': () => transfer(name, false),
    'stand-in, verified': () => transfer(name, true),
    ...(hasRsync ? {'rsync -c': () => command('rsync', ['-r', '-c', join(from, name), to])} : {}),
  };
  const seconds = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [way, go] of Object.entries(ways)) {
      await command('sync', []); // what one has left to write must not slow the next
      const begun = performance.now();
      await go();
      seconds[way].push((performance.now() - begun) / 1000);
      await command('diff', ['-r', '-q', join(from, name), join(to, name)]); // fails where the trees differ
      rmSync(join(to, name), {recursive: true});
    }
  }
  const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
  for (const way of Object.keys(ways)) {
    const took = median(seconds[way]);
    const ratios = ['cp -r', 'rsync -c']
      .filter((other) => other in ways && other !== way && way.startsWith('stand-in'))
      .map((other) => `${(took / median(seconds[other])).toFixed(2)} x ${other}`);
    console.log(`  ${way.padEnd(20)} ${took.toFixed(2).padStart(7)} s  ${ratios.join(', ')}`);
  }
  rmSync(join(from, name), {recursive: true});
}

/** Not spawnSync: while it waits, a connection that the stand-in closes must be noticed. */
async function command(program, argv) {
  const child = spawn(program, argv, {stdio: ['ignore', 'ignore', 'inherit']});
  const status = await new Promise((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
}

/** Submit, wait, and sample the memory of the stand-in. */
async function transfer(name, verify) {
  const {value} = await ask('GET', '/submission_id');
  const {task_id: id} = await ask('POST', '/transfer', {
    DATA_TYPE: 'transfer',
    submission_id: value,
    source_endpoint: standIn.collections.from,
    destination_endpoint: standIn.collections.to,
    verify_checksum: verify,
    DATA: [{DATA_TYPE: 'transfer_item', source_path: `/${name}/`, destination_path: `/${name}/`, recursive: true}],
  });
  const memory = [rss()];
  const kept = setInterval(() => memory.push(rss()), 250);
  try {
    for (;;) {
      const task = await ask('GET', `/task/${id}`);
      if (task.status === 'SUCCEEDED') break;
      if (task.status !== 'ACTIVE' || task.faults > 0) throw new Error(JSON.stringify(task));
      await pause(50);
    }
  } finally {
    clearInterval(kept);
  }
  const parts = [0, 0.25, 0.5, 0.75, 1].map((part) => memory[Math.floor(part * (memory.length - 1))]);
  console.log(`    RSS in MB from start to end: ${parts.join(' ')}; at most ${Math.max(...memory)}`);
}

async function ask(method, path, body) {
  const answer = await fetch(new URL(`/v0.10${path}`, standIn.url), {
    method,
    headers: {authorization: `Bearer ${standIn.token}`, 'content-type': 'application/json'},
    body: body && JSON.stringify(body),
  });
  const document = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(document)}`);
  return document;
}

function rss() {
  const status = readFileSync(`/proc/${standIn.process.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1000);
}

async function startStandIn() {
  const argv = ['local', 'serve', '--globus', '--with-credentials', '--collection', `from=${from}`];
  const {NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env} = process.env;
  const child = spawn(join(root, 'bin', 'stage'), [...argv, '--collection', `to=${to}`], {
    env: {...env, STAGE_HOME: join(place, 'state')},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const [out, err] = [[], []];
  child.stdout.on('data', (text) => out.push(text));
  child.stderr.on('data', (text) => void (err.length < 100 && err.push(text)));
  for (let turn = 0; !err.join('').includes('Ctrl-C'); turn++) {
    if (turn > 300 || child.exitCode !== null) throw new Error(`the stand-in did not start: ${err.join('')}`);
    await pause(100);
  }
  const variable = (name) => new RegExp(`export ${name}='(.*)'`).exec(out.join(''))[1];
  const idOf = (name) => new RegExp(`collection ${name}: (\\S+),`).exec(err.join(''))[1];
  const url = variable('GLOBUS_SDK_SERVICE_URL_AUTH');
  const credentials = `${variable('GLOBUS_CLI_CLIENT_ID')}:${variable('GLOBUS_CLI_CLIENT_SECRET')}`;
  const given = await fetch(new URL('/v2/oauth2/token', url), {
    method: 'POST',
    headers: {authorization: `Basic ${Buffer.from(credentials).toString('base64')}`},
    body: new URLSearchParams({grant_type: 'client_credentials', scope: TRANSFER}),
  });
  const {access_token: token} = await given.json();
  return {process: child, ended, url, token, collections: {from: idOf('from'), to: idOf('to')}};
}

function fill(directory, files, bytes) {
  const piece = randomBytes(Math.min(bytes, 1 << 24));
  for (let index = 0; index < files; index++) {
    const parent = join(directory, String(Math.floor(index / FILES_A_DIRECTORY)));
    if (index % FILES_A_DIRECTORY === 0) mkdirSync(parent, {recursive: true});
    const path = join(parent, `${index}.dat`);
    piece.writeUInt32LE(index, 0); // no two files are equal
    if (bytes <= piece.length) writeFileSync(path, piece);
    else {
      const file = openSync(path, 'w');
      for (let at = 0; at < bytes; at += piece.length) writeSync(file, piece, 0, Math.min(piece.length, bytes - at));
      closeSync(file);
    }
  }
}

function readShape(name, text) {
  const [, files, size, unit] = /^(\d+)x(\d+)([kMG]?)$/.exec(text) ?? [];
  if (files === undefined) throw new Error(`--${name} takes NUMBERxSIZE, such as 20x250M`);
  const bytes = Number(size) * ({k: 1e3, M: 1e6, G: 1e9}[unit] ?? 1);
  if (bytes < 4) throw new Error(`--${name}: files of 4 bytes at least`);
  return {name, files: Number(files), bytes};
}

function show(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
