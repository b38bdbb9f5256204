import {join} from 'node:path';
import {execa} from 'execa';

/** The built package. `STAGE_TEST_PACKAGE` names another build than the one of this checkout. */
export const PACKAGE = process.env.STAGE_TEST_PACKAGE ?? join(import.meta.dirname, '..', '..');
export const CLI = join(PACKAGE, 'bin', 'stage');

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** the document that `--json` printed */
  json<T = Record<string, unknown>>(): T;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/**
 * An environment in which nothing of whoever runs the tests reaches the command, but where PBS is: without these, its
 * commands may not find a server that is not installed in the usual place.
 */
export function cleanEnvironment(more: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(STAGE_|NODE_|VITEST|DEBUG$|XDG_|GLOBUS_|PBS_(?!(CONF_FILE|SERVER|PRIMARY|SECONDARY|EXEC)$)|NO_COLOR$|FORCE_COLOR$)/.test(
        name,
      ),
  );
  return {...(Object.fromEntries(kept) as Record<string, string>), ...more};
}

/** Run a command to its end; its exit status is a value, never an exception. */
export async function runProgram(program: string, argv: readonly string[], options: RunOptions): Promise<Ran> {
  const done = await execa(program, argv, {
    env: options.env ?? {},
    extendEnv: false,
    ...(options.cwd ? {cwd: options.cwd} : {}),
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
    timeout: (options.timeoutMs ?? 60_000) * (process.env.CI ? 3 : 1),
  });
  return ranOf(argv, {exitCode: done.exitCode ?? -1, stdout: done.stdout, stderr: done.stderr});
}

/** What a command printed, with a reader of its document. */
export function ranOf(argv: readonly string[], {exitCode, stdout, stderr}: Omit<Ran, 'json'>): Ran {
  return {
    exitCode,
    stdout,
    stderr,
    json<T>(): T {
      try {
        return JSON.parse(stdout) as T; // each test names the shape it relies on
      } catch {
        throw new Error(`no JSON on stdout of ${argv.join(' ')}:\n${stdout}\n${stderr}`);
      }
    },
  };
}

/** Run the command line as a process. */
export function runStage(argv: readonly string[], options: RunOptions): Promise<Ran> {
  return runProgram(CLI, argv, {...options, env: cleanEnvironment(options.env ?? {})});
}
