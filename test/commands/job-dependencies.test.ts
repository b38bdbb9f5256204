import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {patiently, worldsDirectory} from '../support/batch-system.ts';
import {localWorld, type World} from '../support/world.ts';

// Real processes: what a job waits for ends between the look at it and qsub.

/**
 * A qsub that does first what stands in `$RACE`, once: what a job waits for changes between the look at it and qsub. PBS
 * prints an id all the same, and drops the job a moment later (measured on OpenPBS 23.06).
 */
const bin = mkdtempSync(join(worldsDirectory(), 'stage-race-qsub-'));
const race = join(bin, 'race');
for (const command of ['qsub', 'qstat', 'qselect', 'qdel', 'qhold', 'qrls', 'qalter']) {
  const first = command === 'qsub' ? `[ ! -f ${race} ] || { mv ${race} ${race}.now; . ${race}.now; }\n` : '';
  writeFileSync(join(bin, command), `#!/bin/sh\n${first}exec "$STAGE_HOME"/stand-ins/bin/${command} "$@"\n`);
  chmodSync(join(bin, command), 0o755);
}

let world: World;
beforeAll(async () => {
  world = await localWorld({
    config: `profiles: {local: {scheduler: {kind: pbs, bin: ${bin}}, transfer: local}}\n`,
  });
  world.write('ok.sh', '#!/bin/sh\nexit "$' + '{CODE:-0}"\n');
});
afterAll(async () => {
  await world.close();
  rmSync(bin, {recursive: true, force: true});
});

const ended = (job: string) =>
  `"$STAGE_HOME"/stand-ins/bin/qrls ${job}\nn=0\nwhile "$STAGE_HOME"/stand-ins/bin/qstat ${job} && [ $n -lt 100 ]; do sleep 0.2; n=$((n + 1)); done >/dev/null 2>&1\n`;

describe.each([
  ['kept', 'True'],
  ['off', 'False'],
])('what a job waits for ends between the look and qsub, with the history %s', (history, enable) => {
  beforeAll(async () => {
    expect(await world.pbs('qmgr', '-c', `set server job_history_enable = ${enable}`)).toMatchObject({exitCode: 0});
  });

  async function held(name: string, code: number) {
    const job = await world.stage('job', 'submit', 'ok.sh', '--name', name, '-v', `CODE=${code}`, '--hold');
    writeFileSync(race, ended(job.stdout.trim()));
  }

  test('a job that it lets run is reported, runs, and is the same when asked for again', {
    timeout: patiently(60_000),
  }, async () => {
    await held(`good-${history}`, 0);
    const submit = ['job', 'submit', 'ok.sh', '--name', `after-good-${history}`, '--afterok', `good-${history}`];
    const first = await world.stage(...submit);
    expect(first).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/^\d+\./)});
    expect(await world.stage('job', 'wait', first.stdout.trim(), '--timeout', '30')).toMatchObject({exitCode: 0});
    expect((await world.stage(...submit)).stdout).toBe(first.stdout);
  });

  test('a job that can never start is not reported, nor when asked for again', {
    timeout: patiently(60_000),
  }, async () => {
    await held(`bad-${history}`, 3);
    const submit = [
      'job',
      'submit',
      'ok.sh',
      '--name',
      `after-bad-${history}`,
      '--afterok',
      `bad-${history}`,
      '--json',
    ];
    for (const _ of ['first', 'again']) {
      const told = await world.stage(...submit);
      expect(told.exitCode).toBe(1);
      expect(told.json<{error: {code: string}}>().error.code).toBe('CAN_NEVER_START');
    }
  });
});

test('a job that waits for one that PBS has forgotten without a trace is not reported', {
  timeout: patiently(60_000),
}, async () => {
  await world.pbs('qmgr', '-c', 'set server job_history_enable = False');
  const bare = (await world.pbs('qsub', '-h', 'ok.sh')).stdout.trim();
  writeFileSync(race, ended(bare));
  for (const _ of ['first', 'again']) {
    const told = await world.stage('job', 'submit', 'ok.sh', '--name', 'after-bare', '--afterok', bare);
    expect(told).toMatchObject({exitCode: 2, stdout: '', stderr: expect.stringContaining('PBS does not know')});
  }
});
