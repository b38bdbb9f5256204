import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/** A directory that tells the processes of a world where to die: src/submission/crash-points-on-disk.ts reads it. */
export interface CrashPoints {
  readonly directory: string;
  /** the next process that reaches this point dies there */
  set(point: string): void;
  /** nobody has died there yet */
  stands(point: string): boolean;
  /** nobody dies any more; @returns at how many points nobody had */
  calm(): number;
  /** from now on the points that are reached are written down */
  record(): void;
  /** the points that were reached, each once, sorted */
  seen(): string[];
}

export function openCrashPoints(directory: string): CrashPoints {
  mkdirSync(directory, {recursive: true});
  const seen = join(directory, '.seen');
  return {
    directory,
    set: (point) => writeFileSync(join(directory, point), ''),
    stands: (point) => existsSync(join(directory, point)),
    calm() {
      const standing = readdirSync(directory).filter((name) => !name.startsWith('.'));
      for (const name of standing) rmSync(join(directory, name), {force: true});
      return standing.length;
    },
    record: () => writeFileSync(join(directory, '.record'), ''),
    seen() {
      if (!existsSync(seen)) return [];
      const lines = readdirSync(seen).flatMap((file) => readFileSync(join(seen, file), 'utf8').split('\n'));
      return [...new Set(lines.filter((line) => line !== ''))].sort();
    },
  };
}

/**
 * Configuration with which jobs reach the points as well. A lost submission is looked for after half the usual time,
 * since every death beside a qsub waits that long.
 */
export function mortalConfig(points: CrashPoints): string {
  return `profiles:
  local:
    scheduler: {kind: local, timeout: 3}
    setup: export STAGE_CRASH_POINTS='${points.directory}'
`;
}
