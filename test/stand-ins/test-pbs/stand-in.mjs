import {spawnSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {SetUpWrong} from './server.mjs';

/** What a job of a busy server waits for: its scheduler, its end, the delivery of its output. */
const SLOW = {
  stage_start_delay: 3,
  stage_end_delay: 1,
  stage_delete_delay: 4,
  stage_walltime_delay: 8,
  stage_qstat_pause: 'True',
};

/** The stand-in PBS in a home of its own. The tests get its commands on PATH, and what a manager would tell them. */
export function openStandIn({cli, home, history, slow}) {
  const own = {...process.env, STAGE_HOME: home};
  const stage = (...argv) => spawnSync(cli, ['local', ...argv], {env: own, encoding: 'utf8'});
  const up = stage('up');
  if (up.status !== 0)
    throw new SetUpWrong('The stand-in did not start.', [
      ...up.stderr.trim().split('\n'),
      'Build first: npm run build',
    ]);
  const person = join(home, 'person');
  mkdirSync(person);
  const bin = join(home, 'stand-ins', 'bin');
  const qmgr = join(bin, 'qmgr');
  const set = (name, value) => spawnSync(qmgr, ['-c', `set server ${name} = ${value}`], {env: own});
  if (!history) set('job_history_enable', 'False');
  if (slow) for (const [name, value] of Object.entries(SLOW)) set(name, value);
  const script = (name, ...words) => {
    const file = join(home, name);
    writeFileSync(file, `#!/bin/sh\nexport STAGE_HOME='${home}'\nexec '${cli}' local ${words.join(' ')}\n`, {
      mode: 0o755,
    });
    return file;
  };
  return {
    env: ({PATH, STAGE_TEST_DIRECTORY = tmpdir()}) => ({
      PATH: `${bin}:${PATH}`,
      HOME: person, // jobs start login shells, and what a developer's own profile does there is not ours to test
      STAGE_TEST_DIRECTORY,
      STAGE_TEST_PBS_QMGR: qmgr,
      STAGE_TEST_PBS_STOP: script('stop', 'outage', 'pbs', '--mode', 'down'),
      STAGE_TEST_PBS_START: script('start', 'outage', 'end', 'pbs'),
    }),
    close: () => stage('down'),
  };
}
