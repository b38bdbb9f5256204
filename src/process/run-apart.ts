import {spawn} from 'node:child_process';

/** How a process ended that was given so much time. */
export type ApartEnd =
  | {readonly is: 'ended'; readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string}
  /** it was ended by us. It is not waited for: what a file server keeps waiting cannot be killed */
  | {readonly is: 'hung'};

/** Characters kept of what it prints. */
const MOST = 100_000;
const GRACE_MS = 1_000;

/**
 * Run a command in a process group of its own, for so long and no longer: after that the whole group is killed, and this
 * returns whether it has gone or not.
 */
export function runApart(
  command: string,
  argv: readonly string[],
  {
    limitMs,
    env = process.env,
    graceMs = GRACE_MS,
  }: {readonly limitMs: number; readonly env?: NodeJS.ProcessEnv | undefined; readonly graceMs?: number},
): Promise<ApartEnd> {
  return new Promise((resolve) => {
    const child = spawn(command, argv, {env, detached: true, stdio: ['ignore', 'pipe', 'pipe']});
    const said = {stdout: '', stderr: ''};
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        said[name] = `${said[name]}${text}`.slice(-MOST);
      });
    }
    const kill = (signal: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        // It has gone.
      }
    };
    let last: NodeJS.Timeout | undefined;
    const first = setTimeout(() => {
      kill('SIGTERM');
      last = setTimeout(() => {
        kill('SIGKILL');
        // Neither its end nor what holds its output keeps this process.
        child.unref();
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({is: 'hung'});
      }, graceMs);
    }, limitMs);
    let hasEnded = false;
    const end = (exitCode: number | undefined, stderr?: string) => {
      if (hasEnded) return;
      hasEnded = true;
      clearTimeout(first);
      clearTimeout(last);
      resolve(last ? {is: 'hung'} : {is: 'ended', exitCode, ...said, ...(stderr === undefined ? {} : {stderr})});
    };
    child.on('error', (error) => end(undefined, error.message));
    child.on('close', (code) => end(code ?? undefined));
  });
}
