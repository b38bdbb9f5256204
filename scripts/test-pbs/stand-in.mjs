import {spawnSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {SetUpWrong} from './server.mjs';

/** The stand-in PBS in a home of its own. The tests get its commands on PATH, and what a manager would tell them. */
export function openStandIn({cli, home, history}) {
  const own = {...process.env, STAGE_HOME: home};
  const stage = (...argv) => spawnSync(process.execPath, [cli, 'local', ...argv], {env: own, encoding: 'utf8'});
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
  if (!history) spawnSync(qmgr, ['-c', 'set server job_history_enable = False'], {env: own});
  const script = (name, ...words) => {
    const file = join(home, name);
    writeFileSync(
      file,
      `#!/bin/sh\nexport STAGE_HOME='${home}'\nexec '${process.execPath}' '${cli}' local ${words.join(' ')}\n`,
      {
        mode: 0o755,
      },
    );
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
