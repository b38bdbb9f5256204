// A process that has commands of stage and of the stand-in PBS run without a start of Node.js for each: that costs a
// seventh of a second of a processor for stage, and the command itself mostly a hundredth.
//
// Commands of stage go to processes that have run some before, and go on to the next (warm-stage.mjs); the client of the
// PBS commands is evaluated here (warm-pbs.mjs). Asked over TCP on this host, by tests and by the script `ask` that it
// writes, which stands for `stage` and for each PBS command.
//
// The question: fields that end with NUL: the token, the path that was called, the directory, the umask, the number of
// arguments, these, the variables, an empty one. The answer: the exit code, stderr, what was wrong with stage itself and
// the size of stdout, ended likewise, and stdout. `cold` in place of a code: the program itself is needed. No answer: the process died, and who
// asks dies of the same. Who goes away before the answer takes the process along, as a signal to the job would.
import {fork} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {createServer} from 'node:net';
import {basename, join} from 'node:path';
import {runPbs} from './warm-pbs.mjs';

/** As many as run at once where four files begin steps together: to start another one costs half a second of a processor. */
const IDLE = 24;
/** then a process ends: each command leaves a little behind */
const COMMANDS = 400;

const [directory, entry] = process.argv.slice(2);
const token = randomUUID();
const log = openSync(join(directory, 'log'), 'a', 0o600);
const idle = [];

function takeProcess() {
  const waiting = idle.pop();
  if (waiting) return waiting;
  const child = fork(join(import.meta.dirname, 'warm-stage.mjs'), [join(directory, 'compiled')], {
    cwd: '/',
    stdio: ['ignore', log, log, 'ipc'], // no terminal, as for a command whose output is read
    execArgv: ['--use-system-ca', '--disable-warning=ExperimentalWarning'],
  });
  const mine = {child, commands: 0};
  child.once('exit', () => {
    const at = idle.indexOf(mine);
    if (at >= 0) idle.splice(at, 1);
  });
  return mine;
}

function giveBack(mine) {
  mine.commands += 1;
  if (idle.length < IDLE && mine.commands < COMMANDS) idle.push(mine);
  else mine.child.kill('SIGKILL');
}

const server = createServer((socket) => {
  const chunks = [];
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    if (!Buffer.concat(chunks.slice(-2)).subarray(-2).equals(Buffer.from('\0\0'))) return;
    const order = readOrder(Buffer.concat(chunks).toString());
    if (!order) return;
    socket.removeAllListeners('data');
    if (order === 'stranger') socket.destroy();
    else if (basename(order.called) === 'stage') runStage(socket, order);
    else runPbs(order, socket, (answer) => answerWith(socket, answer));
  });
});

/** @returns undefined while some of it is missing */
function readOrder(text) {
  const [given, called, cwd, umask, count, ...rest] = text.split('\0');
  if (given !== token) return 'stranger';
  const argv = rest.slice(0, Number(count));
  const variables = rest.slice(Number(count));
  // An empty argument looks like the end: there are always some variables after the arguments.
  if (variables.length < 3) return undefined;
  const pairs = variables.filter((each) => each.includes('='));
  const env = Object.fromEntries(
    pairs.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
  );
  return {called, argv, cwd, umask: Number.parseInt(umask, 8), env};
}

function answerWith(socket, {exitCode, stdout = '', stderr = '', defect = ''}) {
  socket.end([exitCode, stderr, defect, stdout.length, stdout].join('\0'));
}

function runStage(socket, {called, env, ...order}) {
  const mine = takeProcess();
  const {child} = mine;
  const answered = (answer) => {
    leave();
    giveBack(mine);
    if (env.STAGE_HOME) warmPbsCommands(join(env.STAGE_HOME, 'stand-ins'));
    answerWith(socket, answer);
  };
  const died = () => {
    leave();
    socket.destroy();
  };
  const left = () => {
    leave();
    child.kill('SIGKILL');
  };
  const leave = () => {
    child.off('message', answered);
    child.off('exit', died);
    socket.off('close', left);
  };
  child.on('message', answered);
  child.on('exit', died);
  socket.on('close', left);
  socket.resume(); // so that its end is noticed
  child.send({...order, entry, env: {...env, STAGE_CLI: called}});
}

/** A state directory that a test puts below a file, or where none can be, holds none. */
function isFile(path) {
  try {
    return lstatSync(path).isFile();
  } catch {
    return false;
  }
}

/** Stand-ins write their PBS commands when they start: those that a command of ours may have started get warm ones. */
function warmPbsCommands(standIns) {
  const [bin, cold] = [join(standIns, 'bin'), join(standIns, 'bin-cold')];
  if (!isFile(join(bin, 'qsub'))) return;
  mkdirSync(cold, {recursive: true});
  for (const name of readdirSync(bin).filter((each) => !each.includes('.'))) {
    rmSync(join(cold, name), {force: true});
    linkSync(join(bin, name), join(cold, name));
    symlinkSync(join(directory, 'pbs'), join(bin, `.${name}`));
    renameSync(join(bin, `.${name}`), join(bin, name)); // jobs may be calling it
  }
}

server.listen(0, '127.0.0.1', () => {
  const {port} = server.address();
  writeFileSync(join(directory, 'address.json'), JSON.stringify({port, token}), {mode: 0o600});
  for (const name of ['stage', 'pbs']) writeFileSync(join(directory, name), scriptFor(name, port), {mode: 0o700});
  process.send('ready');
});
process.on('disconnect', () => process.exit());
process.on('exit', () => {
  for (const {child} of idle) child.kill('SIGKILL');
});

/** bash hands its variables on as it got them, and speaks TCP without another program. */
function scriptFor(name, port) {
  // What a stage command loads when it starts needs a process, and what is asked line by line; so does a qsub that waits for its job, and takes it along.
  const [cold, unless] =
    name === 'stage'
      ? [
          `'${join(entry, 'bin', 'stage')}'`,
          'case "$LD_PRELOAD$NODE_OPTIONS$NODE_EXTRA_CA_CERTS $1" in [!\\ ]* | *\\ acts)',
        ]
      : ['"${0%/*}/../bin-cold/${0##*/}"', 'case "$*" in --version | *block*)'];
  return `#!/bin/bash -p
cold() { exec ${cold} "$@"; }
${unless} cold "$@" ;; esac
mapfile -d '' -t variables <"/proc/$$/environ"
{ exec 3<>/dev/tcp/127.0.0.1/${port}; } 2>/dev/null || cold "$@"
{
  printf '%s\\0' '${token}' "$0" "$PWD"
  umask
  printf '\\0%s\\0' "$#"
  [ "$#" -eq 0 ] || printf '%s\\0' "$@"
  printf '%s\\0' "\${variables[@]}" X= ''
} >&3
LC_ALL=C
field() { IFS= read -r -d '' "$1" <&3; }
field code && field err && field defect && field size || kill -KILL $$
[ "$code" != cold ] || cold "$@"
[ -z "$err$defect" ] || printf '%s' "$err$defect" >&2
# It reads byte by byte, which is slower than another program where there is much.
if [ "$size" -gt 2000 ]; then cat <&3; elif [ "$size" -gt 0 ]; then field out; printf '%s' "$out"; fi
exit "$code"
`;
}
