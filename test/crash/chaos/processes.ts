import {readdirSync, readFileSync} from 'node:fs';
import {setTimeout as pause} from 'node:timers/promises';

/** Processes of a world, those of jobs and of the stand-ins, too: its directory stands in their environment or command line. */
export function processesIn(root: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => textOf(`/proc/${name}/environ`).includes(root) || textOf(`/proc/${name}/cmdline`).includes(root))
    .map(Number)
    .sort((a, b) => a - b);
}

/** What a process is, for a line that tells of it. */
export function nameOf(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 160);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

/** Kill one process of a world. @returns what it was; undefined when there is none */
export function killOne(root: string, pick: number): string | undefined {
  const all = processesIn(root);
  const pid = all[pick % all.length];
  if (pid === undefined) return undefined;
  const name = nameOf(pid);
  signal(pid, 'SIGKILL');
  return name;
}

/** Stop processes of a world for a while, as a node does that swaps or whose file system hangs. */
export async function freezeSome(root: string, pick: number, seconds: number): Promise<void> {
  const all = processesIn(root);
  const some = all.filter((_, index) => (index + pick) % 3 === 0);
  for (const pid of some) signal(pid, 'SIGSTOP');
  await pause(seconds * 1000);
  for (const pid of some) signal(pid, 'SIGCONT');
}

/** Whatever was stopped goes on. */
export function thaw(root: string): void {
  for (const pid of processesIn(root)) signal(pid, 'SIGCONT');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended between the look and the signal
  }
}
