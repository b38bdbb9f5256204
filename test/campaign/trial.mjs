// Plays one campaign on a local profile of its own, with real processes: jobs that sleep and sometimes fail, processes of
// stage that are killed at random effects, and commands of people meanwhile. `scripts/campaign-trial.mjs` plays many.
import {execFile} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {checkCampaign} from './check-campaign.mjs';

const run = promisify(execFile);

/** Mulberry32, in the public domain. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Where a process of stage may die; a name stands for the first time that any of them comes there. */
const POINTS = [
  'campaign-entry',
  'campaign-mark',
  'run-preparation',
  'run-publication',
  'seal',
  'fact compute.1.job.intent',
  'fact compute.1.job.confirmed',
  'qsub compute.1.job',
  'fact compute.1.outcome',
  'fact monitor.intent',
];

/**
 * @param options.items how many @param options.deaths how many points are set, one after the other
 * @param options.failing every so-manieth item fails the first time @param options.people whether pauses and retries come in between
 */
export async function playCampaign(
  cli,
  {seed, items, maxActive, deaths, failing = 7, nap = 0.3, people = true, seconds = 300, say = () => {}},
) {
  const random = randomOf(seed);
  const below = (limit) => Math.floor(random() * limit);
  const top = mkdtempSync(join(tmpdir(), `campaign-trial-${seed}-`));
  const points = join(top, 'points');
  mkdirSync(points);
  const home = join(top, 'home');
  mkdirSync(join(top, 'cache'));
  const env = {
    PATH: process.env.PATH,
    HOME: top,
    STAGE_HOME: home,
    STAGE_CONFIG: join(top, 'config.yaml'),
    XDG_CACHE_HOME: join(top, 'cache'),
    STAGE_PROFILE: 'local',
    STAGE_CRASH_POINTS: points,
    LC_ALL: 'C.UTF-8',
  };
  // Jobs of stage die, too; what was lost is looked for soon.
  const setup = `export STAGE_CRASH_POINTS='${points}'`;
  writeFileSync(
    join(top, 'config.yaml'),
    `profiles:\n  local:\n    scheduler: {kind: local, timeout: 3}\n    setup: ${setup}\n`,
  );
  const stage = async (...argv) => {
    try {
      const {stdout} = await run(cli, argv, {env, cwd: top, timeout: 60_000, maxBuffer: 64 * 1024 * 1024});
      return {code: 0, stdout};
    } catch ({code, stdout = '', stderr = '', signal}) {
      return {code: signal ? 128 : code, stdout, stderr};
    }
  };
  writeFileSync(
    join(top, 'one.yaml'),
    `name: one\nparams: {t: null, nap: null}\nsteps:\n  compute:\n    job: {script: compute.sh, env: {T: "\${{ params.t }}", NAP: "\${{ params.nap }}"}, resources: {walltime: "00:10:00"}}\n`,
  );
  const ran = join(top, 'ran');
  mkdirSync(ran);
  // Each execution leaves a file of its own. What fails does so the first time.
  writeFileSync(
    join(top, 'compute.sh'),
    `#!/bin/sh\necho $T > "$(mktemp ${ran}/$T.XXXXXX)"\nsleep $NAP\n[ $((T % ${failing})) -ne 0 ] || [ "$(ls ${ran} | grep -c "^$T\\.")" -gt 1 ]\n`,
  );
  const list = Array.from({length: items}, (_, index) => `{t: ${index + 1}, nap: ${(nap * random()).toFixed(2)}}`);
  const write = (most) =>
    writeFileSync(
      join(top, 'many.yaml'),
      `campaign: many\nworkflow: one.yaml\nfor_each: [${list.join(', ')}]\nkey: "\${{ item.t }}"\nmax_active: ${most}\npause_after: never\n`,
    );
  write(maxActive);
  const began = Date.now();
  const result = {seed, deaths: 0, problems: []};
  const marks = Array.from({length: deaths}, () => `${below(2) ? 'before' : 'after'} ${POINTS[below(POINTS.length)]}`);
  const state = join(home, 'local');
  try {
    await stage('local', 'up');
    for (const mark of marks.splice(0, Math.ceil(deaths / 3))) writeFileSync(join(points, mark), '');
    let retried = false;
    for (let round = 0; ; round++) {
      const seen = existsSync(points) ? readdirSync(points).length : 0;
      // Where nobody dies and decides, jobs of stage do all of it.
      const again = people || deaths > 0 || round === 0;
      const {stdout, code, stderr} = again
        ? await stage('campaign', 'run', 'many.yaml', '--json', ...(round % 2 === 1 ? ['--update'] : []))
        : await stage('campaign', 'list', '--json');
      // It differs where a bound has just been changed.
      if (code === 70 || (code === 2 && !stdout.includes('CAMPAIGN_DIFFERS')))
        result.problems.push(`${stdout}${stderr}`.slice(0, 600));
      if (seen <= 1 && marks.length > 0) writeFileSync(join(points, marks.shift()), '');
      if (people && round > 0 && below(4) === 0) {
        await stage('campaign', 'pause', 'many');
        await stage('campaign', 'resume', 'many');
      }
      if (people && below(5) === 0) write(Math.max(1, maxActive - 1 + below(3)));
      let view;
      try {
        const document = JSON.parse(stdout);
        view = document.campaign ?? document.campaigns[0];
      } catch {
        // It died.
      }
      if (view) say(`${view.succeeded + view.failed} of ${view.items}, ${view.active} active`);
      if (view && view.waiting + view.active === 0) {
        if (view.failed === 0 || retried === view.failed) break;
        retried = view.failed;
        const {code: said} = await stage('campaign', 'retry', 'many');
        if (said === 128) retried = false; // it died
        continue;
      }
      if (Date.now() - began > seconds * 1000) {
        result.problems.push(`it has not ended in ${seconds} s`);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, again ? 300 : 5_000));
    }
    result.deaths = deaths - marks.length - readdirSync(points).length;
    result.seconds = Math.round((Date.now() - began) / 100) / 10;
    const executions = readdirSync(ran).map((file) => Number(file.split('.')[0]));
    Object.assign(result, checkCampaign(state, 'many', executions), {executions: executions.length});
    const {stdout: report} = await stage('campaign', 'report', 'many', '--json');
    const listed = JSON.parse(report).items;
    if (listed.length !== items || listed.some(({item}, index) => item !== index + 1))
      result.wrong.push('the report does not list every item by its number');
    if (listed.some(({state: end}) => end !== 'succeeded')) result.wrong.push('an item has not succeeded in the end');
  } finally {
    await stage('local', 'down');
    if (process.env.STAGE_KEEP) result.top = top;
    else rmSync(top, {recursive: true, force: true});
  }
  return result;
}
