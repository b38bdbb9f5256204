// How long "stage job" takes beside many jobs that were submitted before: the least of all rounds.
// Usage: node scripts/bench/many-jobs.mjs [JOBS, 10000] [ROUNDS, 9]
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const [many = 10_000, rounds = 9] = process.argv.slice(2).map(Number);
const cli = join(import.meta.dirname, '../../bin/stage');

/** Jobs as `stage job submit` and their wrappers leave them (docs/batch-scripts.md, "What is on record"). */
function fill(jobs, count) {
  for (let index = 1; index <= count; index++) {
    const [name, id, at] = [`fill-${index}`, 100_000 + index, 1_795_256_150_000 + index];
    const own = join(jobs, 'by-name', name);
    const bucket = join(jobs, 'by-id', `${Math.floor(id / 100)}xx`);
    for (const directory of [own, bucket]) mkdirSync(directory, {recursive: true});
    const write = (file, value) => writeFileSync(join(own, `${name}.1.${file}`), value);
    const job = `${id}.stage-local`;
    const tag = `s-job.${name}.1.w`;
    write('intent.json', JSON.stringify({at, tag, essence: 'e', dependsOn: [], script: '/x', deadline: at, by: 'x'}));
    write('confirmed.json', JSON.stringify({at, job}));
    write('script', '#!/bin/sh\ntrue\n');
    write('sh', '#!/bin/sh\ntrue\n');
    write('claim.json', JSON.stringify({job}));
    write('end.1.json', JSON.stringify({job, exit: 0}));
    writeFileSync(join(bucket, `${id}.${name}.1.json`), JSON.stringify({at, job}));
  }
}

function measure(count) {
  const home = mkdtempSync(join(tmpdir(), 'stage-many-jobs-'));
  const env = {...process.env, STAGE_HOME: home, STAGE_PROFILE: 'local', XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home};
  const stage = (...argv) => {
    const from = performance.now();
    const done = spawnSync(cli, argv, {cwd: home, env, encoding: 'utf8'});
    if (done.status !== 0) throw new Error(`stage ${argv.join(' ')}: ${done.stderr}`);
    return {out: done.stdout.trim(), ms: performance.now() - from};
  };
  try {
    writeFileSync(join(home, 'ok.sh'), '#!/bin/sh\ntrue\n');
    stage('local', 'up');
    const job = stage('job', 'submit', 'ok.sh', '--name', 'real').out;
    fill(join(home, 'local', 'jobs'), count);
    const least = (run) => Math.min(...Array.from({length: rounds}, (_, round) => run(round).ms));
    return {
      'job show ID': least(() => stage('job', 'show', job)),
      'job show NAME': least(() => stage('job', 'show', 'real')),
      'job submit, a new name': least((round) => stage('job', 'submit', 'ok.sh', '--hold', '--name', `new-${round}`)),
      'job submit, a known name': least(() => stage('job', 'submit', 'ok.sh', '--name', 'real')),
    };
  } finally {
    stage('local', 'down');
    rmSync(home, {recursive: true, force: true});
  }
}

const [few, full] = [measure(0), measure(many)];
for (const [what, ms] of Object.entries(full))
  console.log(`${what}: ${few[what].toFixed(0)} ms alone, ${ms.toFixed(0)} ms beside ${many} jobs`);
