import {execFile} from 'node:child_process';
import {stat} from 'node:fs/promises';
import path from 'node:path';
import {shellWord} from '../base/shell.ts';
import {findCommand} from './find-command.ts';

/** What one command did. Values only: whether that is good or bad is the reader's business. */
export interface CommandResult {
  /** the command as people shall read it; holds no secrets */
  readonly asked: string;
  /** absent when the command was not started, or was ended by a signal */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** it was ended by us because it took too long; what it had begun may have happened */
  readonly timedOut: boolean;
  /** there is no such command; nothing happened */
  readonly notFound: boolean;
  /** the signal that ended it */
  readonly signal?: string;
  /** without `exitCode` and `signal`: why it could not be started at all; otherwise what went wrong with its output */
  readonly failure?: string;
}

export interface RunOptions {
  /** directory to start in */
  readonly cwd?: string;
  /** added to the environment; a name without a value is taken out */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** its whole environment, but for `env`; that of this process, with what the settings add, when not given */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** 60 s when not given */
  readonly timeoutMs?: number;
  /** characters kept of each stream: a command that prints more is ended; 200 million when not given */
  readonly maxOutput?: number;
  /** text for the standard input, which is closed otherwise */
  readonly stdin?: string;
  /** how the command shall read in messages, when the arguments are not for everybody's eyes */
  readonly asked?: string;
}

/** Run one command with an argument vector, never through a shell. Never throws for what the command does. */
export type RunCommand = (command: string, argv: readonly string[], options?: RunOptions) => Promise<CommandResult>;

export interface RunCommandSettings {
  /** take commands from here instead of searching PATH */
  readonly binDirectory?: string;
  /** added to the environment of every command */
  readonly env?: Readonly<Record<string, string>>;
  /** from TERM to KILL, and from KILL to giving up on its output; 2 s when not given */
  readonly graceMs?: number;
}

const TIMEOUT_MS = 60_000;
const GRACE_MS = 2_000;
/** Characters kept of each stream. 50 000 jobs of 1.2 kB each are 60 MB of `qstat -f`. */
const MAX_OUTPUT = 200_000_000;

export function createRunCommand(settings: RunCommandSettings = {}): RunCommand {
  const graceMs = settings.graceMs ?? GRACE_MS;
  return async (command, argv, options = {}) => {
    const asked = options.asked ?? commandLine(command, argv);
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    const file =
      settings.binDirectory === undefined ? await fileOf(command, options) : path.join(settings.binDirectory, command);
    const limits = {timeoutMs, graceMs, env: settings.env ?? {}};
    const done = await untilEnd(file, argv, options, limits).catch(notStarted);
    const {started} = done;
    const cwdMissing = !started && options.cwd !== undefined && !(await leadsToDirectory(options.cwd));
    const notFound = !started && !cwdMissing && done.code === 'ENOENT';
    return {
      asked,
      exitCode: done.exitCode,
      stdout: done.stdout,
      stderr: done.stderr,
      timedOut: done.timedOut,
      notFound,
      signal: done.signal,
      ...failureOf(),
    };

    function failureOf(): {failure?: string} {
      if (cwdMissing) return {failure: `the directory ${options.cwd} does not exist`};
      if (!started) return {failure: notFound ? `${file}: not found` : `${file}: ${done.code ?? 'cannot be started'}`};
      if (done.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
        return {failure: `it printed more than ${options.maxOutput ?? MAX_OUTPUT} characters`};
      // Reading its output failed: the exit code alone must not pass for a whole answer.
      if (done.exitCode === 0 && done.code !== undefined) return {failure: 'its output could not be read to the end'};
      return {};
    }
  };
}

/** A command is looked for along the PATH that it is given: one from elsewhere may not lead to it. */
async function fileOf(command: string, {environment, env = {}}: RunOptions): Promise<string> {
  const isElsewhere = environment !== undefined || 'PATH' in env;
  return isElsewhere ? ((await findCommand(command)) ?? command) : command;
}

interface Ended {
  readonly started: boolean;
  readonly exitCode: number | undefined;
  readonly signal?: string;
  /** of the system or of Node, for what went wrong beside the command's own status */
  readonly code?: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Node refuses some arguments before it asks the system, such as one with a NUL byte. */
function notStarted(error: NodeJS.ErrnoException): Ended {
  const code = error.code ?? 'cannot be started';
  return {started: false, exitCode: undefined, code, stdout: '', stderr: '', timedOut: false};
}

function untilEnd(
  file: string,
  argv: readonly string[],
  {cwd, env, environment, stdin, maxOutput = MAX_OUTPUT}: RunOptions,
  limits: {readonly timeoutMs: number; readonly graceMs: number; readonly env: Readonly<Record<string, string>>},
): Promise<Ended> {
  return new Promise((resolve) => {
    const timers: NodeJS.Timeout[] = [];
    let timedOut = false;
    const settings = {
      cwd,
      env: {...(environment ?? {...process.env, ...limits.env}), ...env},
      maxBuffer: maxOutput,
      encoding: 'utf8',
    } as const;
    const child = execFile(file, argv, settings, (error, stdout, stderr) => {
      for (const timer of timers) clearTimeout(timer);
      const code = error?.code; // a command's status, or the word of what else went wrong
      const signal = child.signalCode ?? undefined;
      resolve({
        started: child.pid !== undefined,
        exitCode: child.exitCode !== null && child.exitCode >= 0 ? child.exitCode : undefined,
        signal,
        code: typeof code === 'string' ? code : undefined,
        stdout,
        stderr,
        timedOut,
      });
    });
    child.stdin?.on('error', () => {}); // a command need not read what it is given
    child.stdin?.end(stdin);
    const after = (ms: number, act: () => void) => timers.push(setTimeout(act, ms));
    after(limits.timeoutMs, () => {
      timedOut = true;
      child.kill('SIGTERM');
      after(limits.graceMs, () => child.kill('SIGKILL'));
      // A grandchild can hold the pipes open after the command itself was killed (qsub behind a site's wrapper
      // script): without this we would wait for the grandchild, however long it takes.
      after(2 * limits.graceMs, () => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      });
    });
  });
}

/** A command line for people: quoted where a shell would need it, and not endless. */
function commandLine(command: string, argv: readonly string[]): string {
  const line = [command, ...argv].map((word) => shellWord(word.replaceAll('\0', '\\0'))).join(' ');
  return line.length > 300 ? `${line.slice(0, 297)}...` : line;
}

async function leadsToDirectory(name: string): Promise<boolean> {
  return await stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
