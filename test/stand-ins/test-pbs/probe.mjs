import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {delimiter, join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {SetUpWrong} from './server.mjs';

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const short = (host) => host.split('.')[0].toLowerCase();

/**
 * Where jobs run, whether they see what tests share with them, and how long a job of nothing takes.
 *
 * Launchers, sentinels and monitors must reach the local Globus, which listens on 127.0.0.1 of this host: where jobs
 * run elsewhere, `staging` is the chunk that asks for this host.
 */
export async function probeJobs(env, {node, cli}) {
  const first = await probe(env, {node, cli}, []);
  if (!first.sees.includes('node') || !first.sees.includes('cli'))
    throw new SetUpWrong(
      `Jobs on ${first.host} do not see ${first.sees.includes('node') ? cli : node}. Nothing was tested.`,
      ['Launchers, sentinels and monitors run it: put this checkout and Node.js on a file system that nodes share.'],
    );
  const bin = commandsOf(env);
  if (!first.sees.includes('pbs') && !first.sees.includes('bin'))
    throw new SetUpWrong(`Jobs on ${first.host} do not find the PBS commands. Nothing was tested.`, [
      `Launchers, sentinels and monitors ask PBS, too: qstat is neither on their PATH nor in ${bin}.`,
    ]);
  if (short(first.host) === short(hostname()) || env.STAGE_TEST_PBS_PROFILE !== undefined) return first;
  const chunk = `1:ncpus=1:host=${short(hostname())}`;
  await probe(env, {node, cli}, ['-l', `select=${chunk}`]).catch((error) => {
    throw new SetUpWrong(`Jobs run on ${first.host}, and none runs on this host, ${hostname()}. Nothing was tested.`, [
      'Launchers, sentinels and monitors of the tests must reach the local Globus, which listens on this host alone.',
      'Run the suite on a host that executes jobs, or name a file with keys of a profile that bring its staging jobs here: STAGE_TEST_PBS_PROFILE.',
      `What was tried: -l select=${chunk}. ${error.message}`,
    ]);
  });
  return {...first, staging: chunk};
}

/** The directory that PATH has the PBS commands in. */
function commandsOf({PATH = ''}) {
  return PATH.split(delimiter).find((directory) => existsSync(join(directory, 'qsub'))) ?? '';
}

async function probe(env, {node, cli}, argv) {
  const directory = mkdtempSync(join(env.STAGE_TEST_DIRECTORY, 'probe-'));
  const [script, answer] = [join(directory, 'stage-probe'), join(directory, 'answer')];
  const lines = [
    `cd ${quoted(directory)} || exit 1`,
    '{ uname -n', // hostname is a package of its own, which small containers lack
    `[ ! -x ${quoted(node)} ] || echo node`,
    `[ ! -r ${quoted(cli)} ] || echo cli`,
    '! command -v qstat >/dev/null || echo pbs',
    `[ ! -x ${quoted(join(commandsOf(env), 'qstat'))} ] || echo bin; } > answer.new && mv answer.new answer`,
  ];
  writeFileSync(script, `#!/bin/sh\n${lines.join('\n')}\n`);
  const from = Date.now();
  try {
    // Its output goes nowhere: delivered into a directory that is gone, it would keep the job, and a processor, for half a minute.
    const done = spawnSync('qsub', ['-j', 'oe', '-o', '/dev/null', '-m', 'n', ...argv, script], {
      env,
      cwd: directory,
      encoding: 'utf8',
    });
    const id = done.stdout?.trim().split('\n').at(-1) ?? '';
    if (done.status !== 0)
      throw new SetUpWrong(`PBS refuses a job of nothing (qsub ended with ${done.status}). Nothing was tested.`, [
        ...done.stderr.trim().split('\n'),
        'Where the site wants a queue or an account: keys of a profile in a file that STAGE_TEST_PBS_PROFILE names, and default arguments of qsub.',
      ]);
    const seconds = Number(env.STAGE_TEST_PBS_PROBE ?? 120);
    while (!existsSync(answer)) {
      if (Date.now() - from > seconds * 1000) throw notAnswered(env, id, seconds, directory);
      await pause(200);
    }
    const [host, ...sees] = readFileSync(answer, 'utf8').trim().split('\n');
    return {host, sees, seconds: (Date.now() - from) / 1000};
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
}

function notAnswered(env, id, seconds, directory) {
  const shown = spawnSync('qstat', ['-f', '-w', id], {env, encoding: 'utf8'}).stdout ?? '';
  const attribute = (name) => new RegExp(`^ {4}${name} = (.*)$`, 'm').exec(shown)?.[1];
  spawnSync('qdel', [id], {env});
  const state = attribute('job_state');
  return new SetUpWrong(
    `A job of nothing (${id}) left no file in ${directory} within ${seconds} s. Nothing was tested.`,
    [
      state === undefined || state === 'F'
        ? 'It has run: its node does not see that directory. Name one that nodes see, too: STAGE_TEST_DIRECTORY.'
        : `It stands in state ${state}${attribute('comment') ? `: ${attribute('comment')}` : ''}.`,
      'To wait longer: STAGE_TEST_PBS_PROBE, in seconds.',
    ],
    state === undefined || state === 'F' ? 2 : 4,
  );
}
