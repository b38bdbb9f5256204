import {existsSync, mkdtempSync, rmSync, statSync} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import {join} from 'node:path';
import {
  type ActBounds,
  type ActDone,
  type ActProgress,
  type ActRequest,
  type ActScope,
  type Acts,
  NO_PROGRESS,
} from '../../src/base/act.ts';
import {createActs} from '../../src/files/acts.ts';

export const BOUNDS: ActBounds = {entries: 1000, ms: 10_000};
export const TAG = 'run.1.step.1';

/** Learn what an act is about, in as many looks as it takes. */
export async function listed(request: ActRequest, bounds = BOUNDS, acts: Acts = createActs()): Promise<ActScope> {
  let scope: ActScope = {things: [], whole: false, host: hostname(), across: false, copyBytes: 0};
  while (!scope.whole) {
    const part = await acts.perform({do: 'list', request, known: scope.things, bounds});
    if (part.is !== 'listed') throw new Error(JSON.stringify(part));
    const copyBytes = scope.copyBytes + part.copyBytes;
    scope = {...part, things: [...scope.things, ...part.things], copyBytes};
  }
  return scope;
}

/** Act on what is recorded, in as many looks as it takes. @returns how far it came, and in how many looks */
export async function acted(
  request: ActRequest,
  scope: ActScope,
  {
    bounds = BOUNDS,
    acts = createActs(),
    from = NO_PROGRESS,
    record = () => {},
  }: {bounds?: ActBounds; acts?: Acts; from?: ActProgress; record?: (progress: ActProgress) => void} = {},
): Promise<{readonly progress: ActProgress; readonly looks: number}> {
  let progress = from;
  for (let looks = 1; ; looks++) {
    const done: ActDone = await acts.perform({do: 'act', request, scope, progress, tag: TAG, bounds});
    if (done.is !== 'advanced' || done.trouble) throw new Error(JSON.stringify(done));
    progress = done.progress;
    record(progress);
    if (progress.finished || looks > 10_000) return {progress, looks};
  }
}

export async function whole(request: ActRequest, bounds = BOUNDS) {
  return acted(request, await listed(request, bounds), {bounds});
}

/** A directory that goes away with the test. */
export function scratch(onFinished: (end: () => void) => void, below = tmpdir()): string {
  const directory = mkdtempSync(join(below, 'stage-acts-'));
  onFinished(() => rmSync(directory, {recursive: true, force: true}));
  return directory;
}

/** A directory of a second file system, where this host has one for everybody. */
export const OTHER_DISK: string | undefined = ['/dev/shm', '/var/tmp'].find(
  (directory) => existsSync(directory) && statSync(directory).dev !== statSync(tmpdir()).dev,
);

/** Acts whose changes call this before and after. */
export function reaching(reach: (point: string) => void): Acts {
  const acts = createActs();
  return {perform: (task) => acts.perform(task, reach)};
}
