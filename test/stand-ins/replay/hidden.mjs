import {chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/**
 * What the recorded sessions did between their steps: the scripts they had, written again from what their output
 * shows, and the waits and clearings that the next step gives away.
 */

const bash = (text) => `#!/bin/bash\n${text}\n`;

/** Files of the home directory. */
const FILES = {
  'ok.sh': bash('echo hello; sleep 0.3'),
  'fail.sh': bash('sleep 0.3; exit 1'),
  'segv.sh': bash('kill -SEGV $$'),
  'sleep.sh': bash('sleep 300'),
  'sleep3ok.sh': bash('sleep 3'),
  'env.sh': bash(
    `python3 -c 'import json, os
for n in "ABCD": print(n, "is", json.dumps(os.environ[n]) if n in os.environ else "unset")'`,
  ),
  'allenv.sh': bash(
    'env | LC_ALL=C sort\necho "--- pwd $(pwd) umask $(umask) shell-args $0 $*"\nulimit -a | head -3\nhostname; cat $PBS_NODEFILE',
  ),
  'io.sh': bash('echo "to out" | cut -c1-6; echo "to err" | cut -c1-6 >&2'),
  'pwd.sh': bash('pwd\necho "W=$PBS_O_WORKDIR"\ncd "$PBS_O_WORKDIR" && pwd'),
  'slow.sh': bash('for i in 1 2 3 4 5; do echo "line $i"; done; sleep 5; echo "line 6"'),
  'big.sh': bash('head -c 20000000 /dev/zero | tr "\\\\0" x'),
  'arr.sh': bash(
    'sleep 1\n[ -n "$FAIL2" ] && [ "$PBS_ARRAY_INDEX" = 2 ] && exit 9\necho "id=$PBS_JOBID index=$PBS_ARRAY_INDEX array=$PBS_ARRAY_ID name=$PBS_JOBNAME"',
  ),
  'arrlast.sh': bash('sleep $((PBS_ARRAY_INDEX + 1))\n[ "$PBS_ARRAY_INDEX" = "$BADIDX" ] && exit 9\nexit 0'),
  'stubborn.sh': bash('trap "echo got TERM; date +%T" TERM\nwhile :; do sleep 1; done'),
  'run20.sh': bash('sleep 20; exit 5'),
  'unread.sh': bash('true'),
  'crlf.sh': '#!/bin/bash\r\necho x\r\n',
  'empty.sh': '',
  noexec_noshebang: 'echo hello\n',
  5: bash('sleep 0.6'),
  'e200.sh': bash('exit 200'),
  'dir.sh': bash(
    '#PBS -N fromscript\n#PBS -l walltime=00:05:00\n#PBS -A acct1\n#PBS -j oe\n#PBS -h\n#PBS -v A=script,B=script\nsleep 0.6',
  ),
  'dir2.sh': bash('#PBS\n  #PBS -N ok1\n# PBS -N no\n#PBS -N ok2\ntrue\n#PBS -N late'),
  'dir3.sh': bash('#PBS -N "a b"\ntrue'),
  'dir4.sh': bash('#PBS -Q x\ntrue'),
  'dir5.sh': bash('#PBS -N a \\\n#PBS -l walltime=5 -A cont\ntrue'),
  'dir6.sh': bash('#PBS -W depend=afterok:99999\ntrue'),
  'dir7.sh': bash('#PBS -l nosuch=1\ntrue'),
  'dir8.sh': bash('#PBS -v "A=a b",B=\'x,y\'\ntrue'),
  'dir9.sh': bash('#PBS -o "my out.txt"\ntrue'),
  'dir10.sh': bash('#PBS -N x # trailing comment\ntrue'),
  'bigscript.sh': bash(`true\n${'# a comment that fills the script\n'.repeat(4000)}`),
  'monitor.sh': bash(
    '#PBS -N monitor\n#PBS -j oe\ncd "$PBS_O_WORKDIR"\necho "run in $PBS_JOBID at $(date +%T)"\nn=$(( $(cat count 2>/dev/null || echo 0) + 1 )); echo $n > count\nif [ $n -lt 3 ]; then qsub -a $(date -d "+3 seconds" +%Y%m%d%H%M.%S) monitor.sh; echo "qsub rc=$?"; fi',
  ),
  'suicide.sh': bash('echo before; qdel $PBS_JOBID; sleep 20; echo after'),
  'suicide2.sh': bash('echo before; qdel -W force $PBS_JOBID; sleep 20; echo after'),
  'resub.sh': bash(
    'cd "$PBS_O_WORKDIR"; date +%s.%N\n[ -n "$NEXT" ] || { n=$(qsub -j oe -v NEXT=1 -W depend=afterany:$PBS_JOBID resub.sh); echo "next $n rc=$?"; }',
  ),
  'env2.sh': bash(
    'cd "$PBS_O_WORKDIR"\necho "$PBS_O_WORKDIR"; echo "$PBS_O_HOST"; echo "$PBS_O_QUEUE"; echo "$PBS_O_PATH"; [ -n "$A" ] && echo "$A"; echo "$PBS_JOBID"\n[ -n "$A" ] && qsub -j oe env2.sh',
  ),
  'vjob.sh': bash(
    'cd "$PBS_O_WORKDIR"\necho "$A"; echo "$PBS_JOBID"; echo "$PBS_JOBNAME"; echo "$PBS_O_WORKDIR"; echo "$PBS_QUEUE"; echo "$PBS_NODEFILE"\n[ -n "$SECOND" ] || { export SECOND=1; qsub -V -j oe vjob.sh; }',
  ),
  'bg.sh': bash('(sleep 5; echo late > bg.txt) &\nexit 0'),
  'bg2.sh': bash('setsid nohup sh -c "sleep 0.1; echo late > bg.txt" > /dev/null 2>&1 &\nexit 0'),
  'burst.sh': bash('TIMEFORMAT="%R s"; time (for i in $(seq 20); do qsub -h -N burst ok.sh; done) > /dev/null'),
};

/** Names of 02-job-names that come from files. */
const NAMED = /^qsub -h '([^']*)'$/;

const SIGNALS = ['TERM', 'KILL', 'SEGV', 'INT', 'HUP', 'ABRT'];

/** x.sh is another script at every step; its note says which. */
function scriptOfNote(note) {
  const exit = /#!\/bin\/bash script with exit (\d+)/.exec(note);
  if (exit) return bash(`exit ${exit[1]}`);
  const signal = SIGNALS.find((one) => note === `#!/bin/bash script that sends itself SIG${one}`);
  if (signal) return bash(`kill -${signal} $$\nsleep 1`);
  if (note.startsWith('no #! line: the login shell')) return 'kill -KILL $$\n';
  if (note === 'no #! line, exit 7') return 'exit 7\n';
  if (note === 'missing interpreter') return '#!/no/such/interpreter\ntrue\n';
  if (note.startsWith('python interpreter')) return '#!/usr/bin/env python3\nimport sys\nsys.exit(3)\n';
  if (note === 'unknown command last') return bash('no_such_command');
  if (note === 'false then true') return bash('false\ntrue');
  if (note.includes('traps TERM and exits 0'))
    return bash('trap "echo TERM received; exit 0" TERM\nsleep 60 > /dev/null 2>&1 &\nwait');
  return undefined;
}

/** Write what a session had at hand before its first step. */
export function writeFiles(home, name, steps) {
  const spoken = steps.map(({cmd}) => cmd).join('\n');
  for (const [file, text] of Object.entries(FILES)) {
    if (file === 'ok.sh' || spoken.includes(file)) writeFileSync(join(home, file), text, {mode: 0o755});
  }
  if (spoken.includes('unread.sh')) chmodSync(join(home, 'unread.sh'), 0);
  for (const {cmd, stdout} of steps) {
    const file = NAMED.exec(cmd)?.[1];
    if (file !== undefined && !file.includes('/home') && !(file in FILES) && Buffer.byteLength(file) < 250)
      writeFileSync(join(home, file), bash('true'), {mode: 0o755});
    if (cmd === 'cat inside.sh') writeFileSync(join(home, 'inside.sh'), stdout, {mode: 0o755});
  }
  if (name.startsWith('02')) writeFileSync(join(home, '-dash.sh'), bash('true'));
  for (const dir of DIRECTORIES[name.slice(0, 3)] ?? []) mkdirSync(join(home, dir), {recursive: true});
  if (name.startsWith('19')) symlinkSync(join(home, 't/wd'), join(home, 'link'));
  if (name.startsWith('17')) for (const file of ['out.txt', 'err.txt']) writeFileSync(join(home, file), '');
}

/** Directories that a session had; the keys are the beginnings of transcripts' names. */
const DIRECTORIES = {
  '06-': ['dir with "q", comma'],
  '19-': ['t/sub'],
  '19b': ['t/wd'],
};

/** What was done between two steps of one transcript, keyed by transcript and step. */
const BETWEEN = {
  '16-qselect-qstat': {
    6: (world) =>
      world.shell('qsub -h -N rootjob -- /bin/true', {
        user: 'games',
        cwd: '/tmp',
        env: {HOME: '/usr/games', LOGNAME: 'games'},
      }),
  },
  '22-limits-queues-hooks': {
    0: (world) =>
      world.shell("qmgr -c 'create resource foo type=string'; qmgr -c 'create resource bar type=long'", {user: 'root'}),
  },
  '19-output-files': {
    76: ({home}) => rmSync(join(home, 't/sub'), {recursive: true, force: true}),
    84: ({home}) => rmSync(join(home, 'gone'), {recursive: true, force: true}),
    89: ({home}) => rmSync(join(home, 'gone2'), {recursive: true, force: true}),
  },
};

/** Output files were cleared away before the next submission from the directory `t`. */
function clearOutput(home) {
  for (const dir of ['t', 't/sub']) {
    const path = join(home, dir);
    if (!existsSync(path)) continue;
    for (const entry of readdirSync(path, {withFileTypes: true}))
      if (entry.isFile()) rmSync(join(path, entry.name), {force: true});
  }
}

/** Bring the world to where the session was before this step. */
export async function prepare(world, step) {
  await world.clearForgotten(step);
  await BETWEEN[step.name]?.[step.at]?.(world);
  if (step.cwd !== undefined) mkdirSync(world.ours(step.cwd), {recursive: true});
  if (step.name.startsWith('19-') && step.cwd === '/home/alice/t' && step.at < 82) clearOutput(world.home);
  const text = /\bx\.sh\b/.test(step.cmd) && step.note !== undefined ? scriptOfNote(step.note) : undefined;
  if (text !== undefined) writeFileSync(join(world.home, 'x.sh'), text, {mode: 0o755});
  const first = /\bqsub\b/.test(step.cmd) ? /(?:^|^rc=0 )(\d+)(?:\[\])?\.pbs-sn1$/m.exec(step.stdout)?.[1] : undefined;
  if (first !== undefined) await world.numberNext(Number(first));
  if (step.name.startsWith('15b')) await world.heldJobsFor(step);
  const ids = [...step.cmd.matchAll(/\b(\d+(?:\[\d*\])?)\.pbs-sn1/g)].map((match) => `${match[1]}.pbs-sn1`);
  if (/^(qdel|qrls|qhold|qalter|qsig|qrerun)\b/.test(step.cmd)) {
    const finished = step.stderr.includes('has finished');
    for (const id of ids) {
      if (finished) await world.until(() => world.stateOf(id) === 'F' || world.stateOf(id) === undefined);
      else if (/^(qsig|qrerun|qdel)\b/.test(step.cmd) && step.rc === 0 && ['Q', 'R'].includes(world.stateOf(id))) {
        await world.until(() => world.stateOf(id) !== 'Q', 1);
        await world.settle();
      }
    }
  }
}
