import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {birthOf} from './sessions.ts';

/**
 * Each running job has a supervisor: a shell in a session of its own, which starts the job, waits, and writes how it
 * ended. It is no child of the server, so that a job outlives the server and a new server learns of its end. The job is in
 * another session, as with a real execution daemon: what it does to its own processes (`kill 0`) reaches no supervisor.
 *
 * `setsid -w` says on its own stderr that a program was killed, and ends with the signal's number: 256 and the signal
 * stand for that in the status (measured: Exit_status 271 of `trap 'kill 0' EXIT`, 143 of a script that kills itself).
 *
 * Everything it needs comes as arguments; no text is ever built into the script.
 * What if it never runs: there is no claim; the server calls the start off by taking the claim itself.
 * What if it is killed: there is a claim and no status; the server sees that its process is gone.
 * What if it is started twice: the second one finds the claim and ends.
 * What if the run is given up while it begins: it says who it is, then looks whether the run is over; the server says that it
 * is, then looks who there is. One of the two sees the other.
 */
const SUPERVISOR = `
run=$1 input=$2 out=$3 err=$4 mask=$5 home=$6 shell=$7 inner=$8 called=$9
shift 9
program=$1
shift
mkdir "$run/claim" 2>/dev/null || exit 0
stat=
[ -r "/proc/$$/stat" ] && read -r stat < "/proc/$$/stat"
printf '%s\\n%s\\nend\\n' "$$" "$stat" > "$run/supervisor"
[ -e "$run/supervisor" ] && [ ! -e "$run/over" ] || exit 0
umask "$mask"
cd "$home" 2>/dev/null || cd /
unset OLDPWD SHLVL
if [ ! -e "$program" ]; then
  printf 'pbs_mom, exec of %s failed with error: No such file or directory\\n' "$program" >> "$err"
  status=254
elif [ ! -x "$program" ] || [ -d "$program" ]; then
  printf 'pbs_mom, exec of %s failed with error: Permission denied\\n' "$program" >> "$err"
  status=254
elif [ -n "$inner" ]; then
  setsid -f -w $shell -c "$inner" job "$run" "$input" "$out" "$err" "$called" "$program" "$@" 2> "$run/killed"
  status=$?
  [ -s "$run/killed" ] && [ -e "$run/session" ] && status=$((256 + (status & 127)))
elif [ -n "$BASH_VERSION" ]; then
  (exec -a "$called" "$program" "$@" < "$input" >> "$out" 2>> "$err")
  status=$?
else
  (exec "$program" "$@" < "$input" >> "$out" 2>> "$err")
  status=$?
fi
printf '%s end\\n' "$status" > "$run/status"
`;

/** What begins the session of a job: it says which it is, and becomes the job's program. */
const SESSION = `
run=$1 input=$2 out=$3 err=$4 called=$5 program=$6
shift 6
printf '%s\\nend\\n' "$$" > "$run/session"
[ -e "$run/session" ] && [ ! -e "$run/over" ] || exit 0
exec 2>> "$err"
unset OLDPWD SHLVL
[ -z "$BASH_VERSION" ] || exec -a "$called" "$program" "$@" < "$input" >> "$out"
exec "$program" "$@" < "$input" >> "$out"
`;

let canSetSession: boolean | undefined;

/** util-linux since 2.32. Elsewhere a job is in the session of its supervisor. */
function hasSetsid(): boolean {
  canSetSession ??= spawnSync('setsid', ['-f', '-w', 'true'], {stdio: 'ignore'}).status === 0;
  return canSetSession;
}

export interface Start {
  readonly run: string;
  readonly out: string;
  readonly err: string;
  /** octal digits */
  readonly umask: string;
  readonly home: string;
  /** a shell that reads `line` from its input, or a program of its own with arguments */
  readonly what:
    | {readonly shell: string; readonly line: string}
    | {readonly program: string; readonly args: readonly string[]};
  readonly env: Readonly<Record<string, string>>;
}

/** Quote one word for a POSIX shell. */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Start a supervisor. Its end is an event of the child; `supervisorOf` tells who it is. */
export function startSupervisor(start: Start): ChildProcess {
  rmSync(start.run, {recursive: true, force: true});
  mkdirSync(start.run, {recursive: true, mode: 0o700});
  let input = '/dev/null';
  let program: string;
  let called: string;
  let args: readonly string[] = [];
  if ('shell' in start.what) {
    input = join(start.run, 'input');
    writeFileSync(input, `${start.what.line}\n`, {mode: 0o600});
    program = start.what.shell;
    called = `-${basename(program)}`; // the leading dash makes a login shell
  } else {
    program = start.what.program.startsWith('/') ? start.what.program : `./${start.what.program}`;
    called = start.what.program;
    args = start.what.args;
  }
  // Called sh, bash reads no BASH_ENV of the job; other shells serve where there is none, without login shells.
  const bash = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'].find((path) => existsSync(path));
  // With -p bash hands functions that are exported on as they are, and reads no BASH_ENV of the job.
  const [shell, inner] = [bash === undefined ? '/bin/sh' : `${bash} -p`, hasSetsid() ? SESSION : ''];
  const {run, out, err, umask, home} = start;
  const words = [run, input, out, err, umask, home, shell, inner, called, program, ...args];
  const child = spawn(bash ?? '/bin/sh', ['-c', SUPERVISOR, 'supervisor', ...words], {
    argv0: 'sh',
    cwd: '/',
    detached: true,
    env: {...start.env},
    stdio: 'ignore',
  });
  child.unref();
  return child;
}

export type SupervisorSeen =
  | {readonly kind: 'running'; readonly pid: number; readonly birth: string}
  | {readonly kind: 'ended'; readonly status: number}
  /** it was killed before it could write how the job ended */
  | {readonly kind: 'vanished'; readonly pid?: number}
  /** it has claimed the run but not said yet who it is */
  | {readonly kind: 'starting'}
  /** it never claimed the run */
  | {readonly kind: 'absent'};

function readEnded(path: string): string[] | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return text.endsWith('end\n') ? text.split('\n') : undefined;
  } catch {
    return undefined; // not written yet
  }
}

/** The session of a run's job, by its number; undefined before it began. */
export function sessionOf(run: string): number | undefined {
  const told = readEnded(join(run, 'session'));
  if (told) return Number(told[0]);
  return hasSetsid() ? undefined : supervisorOf(run);
}

/** The process that looks after a run, living or dead. */
export function supervisorOf(run: string): number | undefined {
  const who = readEnded(join(run, 'supervisor'));
  return who && Number(who[0]);
}

/** What is known of the supervisor of a run. */
export function lookAtSupervisor(run: string): SupervisorSeen {
  const ended = readEnded(join(run, 'status'));
  if (ended) return {kind: 'ended', status: Number.parseInt(ended[0] ?? '0', 10)};
  if (!existsSync(join(run, 'claim'))) return {kind: 'absent'};
  const who = readEnded(join(run, 'supervisor'));
  if (!who) return {kind: 'starting'};
  const pid = Number(who[0]);
  const told = /\) (.*)$/.exec(who[1] ?? '')?.[1]?.split(' ')[19];
  const birth = birthOf(pid);
  if (birth === undefined || (told !== undefined && told !== birth)) {
    // It may have ended between the two looks.
    const late = readEnded(join(run, 'status'));
    return late ? {kind: 'ended', status: Number.parseInt(late[0] ?? '0', 10)} : {kind: 'vanished', pid};
  }
  return {kind: 'running', pid, birth};
}

/** Say that a run is given up: of its processes those that have not said who they are end by themselves. */
export function giveUpRun(run: string): void {
  try {
    writeFileSync(join(run, 'over'), '', {mode: 0o600});
  } catch {
    // there is no run, or no room: those that have said who they are can be killed
  }
}

/** Take the claim, so that a supervisor that has not begun never will. @returns false when it has begun */
export function callOff(run: string): boolean {
  try {
    mkdirSync(run, {recursive: true, mode: 0o700});
    mkdirSync(join(run, 'claim'), {mode: 0o700});
    return true;
  } catch {
    return false;
  }
}
