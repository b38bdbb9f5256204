import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {needs} from '../support/needs.ts';
import {localWorld, type World} from '../support/world.ts';

// Real processes: the same scripts by qsub, by stage run and by stage job submit, side by side.

const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** Each writes NAME.result, or files of its own, into the directory it was submitted from. */
const FOR_ANY: Readonly<Record<string, string | Buffer>> = {
  'whole-environment': '#!/bin/bash\n#PBS -V\ncat /proc/$$/environ > "$PBS_O_WORKDIR/whole-environment.result"\n',
  'plain-environment': '#!/bin/sh\ncat /proc/$$/environ > "$PBS_O_WORKDIR/plain-environment.result"\n',
  'names-of-wrappers':
    '#!/bin/bash\n#PBS -v start=1990,host=dtn1,job=x,status=prod,tries=7,code=c,child=d,marker=m,end=e,test=t\n' +
    'env | grep -E "^(start|host|job|status|tries|code|child|marker|end|test)=" | sort > "$PBS_O_WORKDIR/names-of-wrappers.result"\n',
  'unset-names':
    '#!/bin/bash\nset -u\necho "${status-none} ${job-none} ${host-none} ${tries-none}" > "$PBS_O_WORKDIR/unset-names.result"\n',
  'braces-under-sh':
    '#!/bin/bash\n#PBS -S /bin/sh\ncd "$PBS_O_WORKDIR"\nfor m in {1..3}; do echo "$m"; done > braces-under-sh.result\n',
  'python-under-bash':
    '#!/usr/bin/env python3\n#PBS -S /bin/bash\nimport os\nopen(os.environ["PBS_O_WORKDIR"] + "/python-under-bash.result", "w").write("python\\n")\n',
  'perl-with-argument':
    '#!/usr/bin/perl -w\nopen F, ">$ENV{PBS_O_WORKDIR}/perl-with-argument.result"; print F "perl $^W\\n";\n',
  'no-line-bash':
    '#PBS -S /bin/bash\n[[ a == a ]] && echo "${BASH_VERSION:+bash}" > "$PBS_O_WORKDIR/no-line-bash.result"\n',
  'no-line-sh': '#PBS -S /bin/sh\necho "${BASH_VERSION:-no bash}" > "$PBS_O_WORKDIR/no-line-sh.result"\n',
  'no-line': 'echo "${BASH_VERSION:+bash}" > "$PBS_O_WORKDIR/no-line.result"\n',
  'shells-by-host':
    '#!/bin/sh\n#PBS -S /bin/bash@nowhere,/bin/sh\necho "$SHELL" > "$PBS_O_WORKDIR/shells-by-host.result"\n',
  'blank-before': '#!  /bin/bash  -eu \necho "$-" > "$PBS_O_WORKDIR/blank-before.result"\n',
  'missing-interpreter': '#!/no/such/interpreter\necho never\n',
  'relative-interpreter': '#!bash\necho never > "$PBS_O_WORKDIR/relative-interpreter.result"\n',
  joined:
    '#!/bin/bash\n#PBS -j oe\n#PBS -o joined.log\nfor i in 1 2 3; do echo "step $i"; echo "warning $i" >&2; done\n',
  'joined-to-errors':
    '#!/bin/bash\n#PBS -j eo -e joined-to-errors.log\nfor i in 1 2; do echo "step $i"; echo "warning $i" >&2; done\n',
  'two-files': '#!/bin/bash\n#PBS -o two-files.out -e two-files.err\necho out; echo err >&2; exit 7\n',
  kept: '#!/bin/bash\n#PBS -j oe -k oed -o kept.log\necho one; echo two >&2\n',
  'here-document':
    '#!/bin/bash\n#PBS -N namelist\ncat << EOF > "$PBS_O_WORKDIR/here-document.result"\n&run name=\'$PBS_JOBNAME\' /\nEOF\n',
  'standard-input': '#!/bin/bash\nwc -c > "$PBS_O_WORKDIR/standard-input.result"\n',
  modes: '#!/bin/bash\n#PBS -W umask=027\n(umask; ulimit -c; ulimit -n; pwd) > "$PBS_O_WORKDIR/modes.result"\n',
  options: '#!/bin/bash\n(echo "$-"; set -o; shopt; trap; alias) > "$PBS_O_WORKDIR/options.result"\n',
  'copy-of-itself': '#!/bin/bash\ncp "$0" "$PBS_O_WORKDIR/copy-of-itself.result"\n',
  'at-exit': '#!/bin/bash\ntrap \'echo "left with $?" > "$PBS_O_WORKDIR/at-exit.result"\' EXIT\nfalse\nexit 5\n',
  'kills-itself': '#!/bin/bash\nkill -USR1 $$\n',
  'in-background':
    '#!/bin/bash\ncd "$PBS_O_WORKDIR"\nfor i in 1 2 3; do (sleep 0.1; echo "$i" > "part.$i") & done\nwait\ncat part.? > in-background.result; rm part.?\n',
  'fails-early': '#!/bin/bash -e\necho begun > "$PBS_O_WORKDIR/fails-early.result"\nfalse\necho never\n',
  latin1: latin1('#!/bin/bash\nprintf "Gr\xfc\xdfe" > "$PBS_O_WORKDIR/latin1.result"\n'),
  'strange-variables':
    '#!/bin/bash\n#PBS -v "A=two words,B=$HOME;x|y,C="\necho "$A/$B/$C" > "$PBS_O_WORKDIR/strange-variables.result"\n',
  functions: '#!/bin/bash\n#PBS -V\n(type -t module; module load gcc) > "$PBS_O_WORKDIR/functions.result" 2>&1\n',
  nodes:
    '#!/bin/bash\n#PBS -l select=1:ncpus=2\n(wc -l < "$PBS_NODEFILE"; echo "$NCPUS $OMP_NUM_THREADS $PBS_ENVIRONMENT") > "$PBS_O_WORKDIR/nodes.result"\n',
};

/** With csh or tcsh on top of the job, or reading the script, as they are on many older sites. */
const FOR_TCSH: typeof FOR_ANY = {
  'csh-under-tcsh':
    '#!/bin/csh\n#PBS -S /bin/tcsh\ncd $PBS_O_WORKDIR\nsetenv MINE "a b"\nset path = ($path /opt/x)\n(env | grep -E "^(PATH|SHELL|SHLVL|HOST|PWD|MINE)=" | sort) > csh-under-tcsh.result\nexit 5\n',
  'tcsh-environment':
    '#!/bin/csh\n#PBS -S /bin/tcsh\ncat /proc/$$/environ > "$PBS_O_WORKDIR/tcsh-environment.result"\n',
  'csh-alone':
    '#!/bin/csh -f\n#PBS -v "A=1,B=two words"\necho "$A/$B" `wc -c` `umask` > $PBS_O_WORKDIR/csh-alone.result\n',
  'tcsh-without-a-line':
    '#PBS -S /bin/tcsh\nset x = (1 2 3)\nforeach i ($x)\n  echo "$i $?tcsh" >> $PBS_O_WORKDIR/tcsh-without-a-line.result\nend\nexit 3\n',
  'no-hash-under-tcsh':
    ': sh reads what begins like this\n#PBS -S /bin/tcsh\necho "${BASH_VERSION:-no bash} ok" > "$PBS_O_WORKDIR/no-hash-under-tcsh.result"\n',
  'whole-under-tcsh':
    '#!/bin/bash\n#PBS -V -S /bin/tcsh\n(echo "$MY_INPUT"; module load gcc; env | grep -E "^(PATH|SHELL|SHLVL|HOST)=") > "$PBS_O_WORKDIR/whole-under-tcsh.result" 2>&1\n',
  'joined-under-csh':
    '#!/bin/tcsh -f\n#PBS -S /bin/csh -j oe -o joined-under-csh.log\nforeach i (1 2 3)\n  echo "step $i"\n  sh -c "echo warning $i >&2"\nend\n',
  'two-files-under-tcsh':
    '#!/bin/csh\n#PBS -S /bin/tcsh -o two-files-under-tcsh.out -e two-files-under-tcsh.err\necho out\nno-such-command\nexit 7\n',
  'kills-itself-under-tcsh': '#!/bin/csh\n#PBS -S /bin/tcsh\nkill -USR1 $$\n',
};
const hasTcsh = existsSync('/bin/tcsh') && existsSync('/bin/csh');
const SCRIPTS = {...FOR_ANY, ...(hasTcsh ? FOR_TCSH : {})};
const NAMES = Object.keys(SCRIPTS);
const WAYS = ['qsub', 'run', 'submit'] as const;
type Way = (typeof WAYS)[number];

const ENV = {
  'BASH_FUNC_module%%': '() {  echo "module $*"\n}',
  MY_INPUT: `blanks  and "quotes" and 'more', $HOME\nnext line`,
  IFS: ',',
  version: '1.2',
  file: 'mine',
  node: 'n7',
};

let world: World;
const directoryOf = (way: Way) => join(world.work, way);
/** Exit statuses by way and script. */
const statuses: Record<Way, Record<string, unknown>> = {qsub: {}, run: {}, submit: {}};
const ids: string[] = [];

beforeAll(async () => {
  world = await localWorld({ownProcesses: true});
  const steps = Object.fromEntries(NAMES.map((name) => [name, {job: {script: `${name}.sh`}}]));
  for (const way of WAYS) {
    mkdirSync(directoryOf(way));
    writeFileSync(join(directoryOf(way), 'all.yaml'), stringify({name: 'all', steps}));
    for (const [name, text] of Object.entries(SCRIPTS)) writeFileSync(join(directoryOf(way), `${name}.sh`), text);
  }
  const of = (way: Way) => ({cwd: directoryOf(way), env: {...ENV, PWD: directoryOf(way)}});
  const started = await world.stage('run', 'all.yaml', of('run'));
  if (started.exitCode === 2) throw new Error(started.stderr);
  const asked = new Map<string, {way: Way; name: string}>();
  for (const name of NAMES) {
    const done = await world.pbs('qsub', `${name}.sh`, of('qsub'));
    asked.set(done.stdout.trim(), {way: 'qsub', name});
    const other = await world.stage('job', 'submit', `${name}.sh`, of('submit'));
    asked.set(other.stdout.trim(), {way: 'submit', name});
  }
  const {steps: ends} = await world.ended('all.1', 150);
  for (const {step, job} of ends) asked.set(String(job), {way: 'run', name: step});
  const kept = await world.keepsHistory();
  const jobs = await world.waitFor('the end of all jobs', async () => {
    const all = (await world.jobs()).filter(({id}) => asked.has(id));
    const ended = kept ? all.length === asked.size && all.every(({job_state}) => job_state === 'F') : all.length === 0;
    return ended && all;
  });
  // The longest first: 4.server is the end of 34.server, too.
  ids.push(...[...asked.keys()].sort((a, b) => b.length - a.length));
  for (const job of jobs) {
    const {way, name} = asked.get(job.id) as {way: Way; name: string}; // filtered by that above
    statuses[way][name] = job.Exit_status;
  }
}, 300_000);
afterAll(() => world.close());

/** What the scripts left, by file, without what no two jobs have in common: their directories, ids and copies. */
function leftBy(way: Way, name: string): Record<string, string> {
  const files = readdirSync(directoryOf(way)).filter((file) => file.startsWith(`${name}.`) && !file.endsWith('.sh'));
  const own = files.filter((file) => !/\.[oe]\d+$/.test(file)); // by default stage keeps those in its logs
  return Object.fromEntries(
    own.map((file) => [
      file,
      ids
        .reduce(
          (text, id) => text.replaceAll(id, 'JOB'),
          readFileSync(join(directoryOf(way), file), 'latin1').replaceAll(directoryOf(way), 'DIRECTORY'),
        )
        .replace(/\S*\/JOB(?:-\d+)?\.SC(?=:)/g, 'COPY'), // as shells name themselves in errors
    ]),
  );
}

const OWN = ['STAGE_ATTEMPT', 'STAGE_INTENT', 'STAGE_RUN', 'STAGE_STEP'];
/** Different for any two jobs, and where they were submitted from. */
const ANY = ['_', 'PBS_JOBCOOKIE', 'PBS_JOBNAME', 'STAGE_CLI'];

function environmentOf(text: string): Map<string, string> {
  const entries = text.split('\0').flatMap((entry) => {
    const at = entry.indexOf('=');
    return at > 0 ? [[entry.slice(0, at), entry.slice(at + 1)] as const] : [];
  });
  return new Map(entries.filter(([name]) => !ANY.includes(name)));
}

const ALL = [...Object.keys(FOR_ANY), ...Object.keys(FOR_TCSH)];
const isEnvironment = (name: string) => name.endsWith('-environment');
test.for(ALL.filter((name) => !isEnvironment(name)))('%s: stage does what qsub does', (name, context) => {
  needs(context, 'tcsh', hasTcsh || !(name in FOR_TCSH));
  needs(context, 'functions handed on', name !== 'functions' || (existsSync('/bin/bash') && !world.shared));
  const nothingLeft = /^(missing|relative)-interpreter$|^kills-itself/.test(name);
  expect(Object.values(leftBy('qsub', name)).filter((text) => text !== '').length === 0).toBe(nothingLeft);
  if (nothingLeft) expect(statuses.qsub[name]).not.toBe(0);
  for (const way of ['run', 'submit'] as const) {
    expect({way, ...leftBy(way, name)}).toEqual({way, ...leftBy('qsub', name)});
    expect({way, status: statuses[way][name]}).toEqual({way, status: statuses.qsub[name]});
  }
});

test.for(ALL.filter(isEnvironment))('%s: what comes on top is documented, and nothing else', (name, context) => {
  needs(context, 'tcsh', hasTcsh || !(name in FOR_TCSH));
  const of = (way: Way) => environmentOf(leftBy(way, name)[`${name}.result`] ?? '');
  const plain = of('qsub');
  expect(plain.get('PBS_O_WORKDIR')).toBe('DIRECTORY');
  // Not every server hands on the environment: -V of OpenPBS 23.06.06 sends nothing.
  if (name === 'whole-environment' && !world.shared) expect(plain.get('MY_INPUT')).toBe(ENV.MY_INPUT);
  for (const way of ['run', 'submit'] as const) {
    const seen = of(way);
    const more = [...seen.keys()].filter((each) => !plain.has(each)).sort();
    expect({way, more}).toEqual({way, more: way === 'run' ? OWN : ['STAGE_INTENT']});
    expect(new Map([...seen].filter(([each]) => plain.has(each)))).toEqual(plain);
  }
});

test('a script that is never to be started twice is "on_interrupted: fail"', async () => {
  world.write('once.sh', '#!/bin/sh\n#PBS -r n\ntrue\n');
  const file = world.write('once.yaml', stringify({name: 'once', steps: {compute: {job: {script: 'once.sh'}}}}));
  expect((await world.stage('check', file)).stdout).toContain('fails when its job is interrupted');
});
