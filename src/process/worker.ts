import {type ChildProcessByStdio, spawn} from 'node:child_process';
import type {Readable, Writable} from 'node:stream';

/** A process that answers each line by a line. */
export interface Worker {
  /** @returns undefined when there was no answer in that time, or the process has ended: it is killed then, and not waited for */
  ask(line: string, limitMs: number): Promise<string | undefined>;
}

/**
 * Start a process that is asked one thing after the other, when it is asked first. It ends when this one does. After a
 * question that it did not answer another one is started for the next.
 */
export function startWorker(command: string, argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Worker {
  let child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  const begin = () => {
    const begun = spawn(command, argv, {env, detached: true, stdio: ['pipe', 'pipe', 'ignore']});
    begun.stdin.on('error', () => {}); // it has ended: no answer comes
    begun.stdout.setEncoding('utf8');
    return begun;
  };
  const kill = (killed: ChildProcessByStdio<Writable, Readable, null>) => {
    child = undefined;
    try {
      if (killed.pid !== undefined) process.kill(-killed.pid, 'SIGKILL');
    } catch {
      // It has gone.
    }
    killed.stdin.destroy();
    killed.stdout.destroy();
  };
  return {
    ask(line, limitMs) {
      child ??= begin();
      const asked = child;
      return new Promise((resolve) => {
        let answer = '';
        const end = (text: string | undefined) => {
          clearTimeout(timer);
          asked.stdout.off('data', hear);
          asked.off('close', ended);
          asked.off('error', ended);
          if (text === undefined) kill(asked);
          resolve(text);
        };
        const ended = () => end(undefined);
        const hear = (text: string) => {
          answer += text;
          if (answer.endsWith('\n')) end(answer.slice(0, -1));
        };
        // This alone keeps the process here while it waits.
        const timer = setTimeout(ended, limitMs);
        asked.stdout.on('data', hear);
        asked.on('close', ended);
        asked.on('error', ended);
        for (const handle of [asked, asked.stdin, asked.stdout])
          if ('unref' in handle) (handle as {unref(): void}).unref();
        asked.stdin.write(`${line}\n`);
      });
    },
  };
}
