import {chmod, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import {createRunCommand} from '../../src/process/run-command.ts';
import {createPbsScheduler} from '../../src/scheduler/pbs/pbs-scheduler.ts';
import type {Scheduler, SchedulerCapabilities} from '../../src/scheduler/scheduler.ts';

interface Answer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly rc?: number;
  /** shell that is run before the answer */
  readonly before?: string;
}

/** Prints the n-th answer at the n-th call, and the last one from then on. */
const SCRIPT = `#!/bin/sh
d=$(dirname "$0"); c=$(basename "$0")
n=$(($(cat "$d/$c.count" 2>/dev/null || echo 0) + 1)); echo $n > "$d/$c.count"
echo "TZ=$TZ $c $*" >> "$d/log"
while [ "$n" -gt 1 ] && [ ! -d "$d/$c.$n" ]; do n=$((n - 1)); done
. "$d/$c.$n/before"
cat "$d/$c.$n/stderr" >&2; cat "$d/$c.$n/stdout"; exit "$(cat "$d/$c.$n/rc")"
`;

/** PBS commands that play recorded answers. */
export async function fakePbs(
  answers: Record<string, Answer | Answer[]>,
  remembered?: SchedulerCapabilities,
  timeoutMs = 60_000,
) {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'fake-pbs-'));
  onTestFinished(() => rm(directory, {recursive: true, force: true}));
  for (const [command, all] of Object.entries(answers)) {
    await writeFile(path.join(directory, command), SCRIPT);
    await chmod(path.join(directory, command), 0o755);
    for (const [at, one] of [all].flat().entries()) {
      const place = path.join(directory, `${command}.${at + 1}`);
      await mkdir(place);
      for (const part of ['stdout', 'stderr', 'rc', 'before'] as const)
        await writeFile(path.join(place, part), String(one[part] ?? (part === 'rc' ? 0 : '')));
    }
  }
  let cached = remembered;
  const run = createRunCommand({binDirectory: directory, graceMs: 100});
  const scheduler: Scheduler = createPbsScheduler({
    run,
    timeoutMs,
    user: 'alice',
    cache: {
      read: () => cached,
      write: (value) => {
        cached = value;
      },
    },
    repeat: {retries: 2, minTimeout: 1, factor: 1},
  });
  return {
    scheduler,
    directory,
    cached: () => cached,
    /** every command that was run, in order, with its TZ */
    log: async () =>
      (await readFile(path.join(directory, 'log'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
  };
}
