import {spawnSync} from 'node:child_process';
import {closeSync, mkdirSync, openSync, rmSync, writeSync} from 'node:fs';
import {join} from 'node:path';

/** A file system of a few megabytes in a file, which can be filled and made read-only. Root alone may mount one. */
export interface SmallDisk {
  fill(): void;
  empty(): void;
  /** @param readOnly false makes it writable again */
  remount(readOnly: boolean): void;
  unmount(): void;
  /** it stays mounted when this process ends, for a person to look into it */
  keep(): void;
}

const MEGABYTES = 24;

const run = (program: string, ...argv: string[]) => spawnSync(program, argv, {encoding: 'utf8'});

/** Mount a small disk on a directory, which must not hold anything yet. @returns why that is not possible here, else the disk */
export function mountSmallDisk(image: string, directory: string): SmallDisk | string {
  if (process.getuid?.() !== 0) return 'only root may mount';
  const steps: readonly (readonly [string, ...string[]])[] = [
    ['truncate', '-s', `${MEGABYTES}M`, image],
    ['mkfs.ext4', '-q', '-F', image],
    ['mount', '-o', 'loop', image, directory],
  ];
  mkdirSync(directory, {recursive: true});
  for (const [program, ...argv] of steps) {
    const done = run(program, ...argv);
    if (done.status !== 0) return `${program}: ${(done.stderr || String(done.error)).trim()}`;
  }
  rmSync(join(directory, 'lost+found'), {recursive: true, force: true});
  const filler = join(directory, '.filler');
  const unmount = () => void run('umount', '-l', directory);
  process.on('exit', unmount);
  return {
    fill() {
      try {
        const file = openSync(filler, 'a');
        try {
          for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 2))
            for (let full = false; !full; ) {
              try {
                full = writeSync(file, Buffer.alloc(size)) < size;
              } catch {
                full = true; // no byte of this size fits any more
              }
            }
        } finally {
          closeSync(file);
        }
      } catch {
        // it is read-only, or so full that no file can be made
      }
    },
    empty: () => rmSync(filler, {force: true}),
    remount(readOnly) {
      // Files that are open for writing forbid it; then nothing is changed.
      run('mount', '-o', `remount,${readOnly ? 'ro' : 'rw'}`, directory);
    },
    unmount() {
      process.off('exit', unmount);
      unmount();
    },
    keep: () => void process.off('exit', unmount),
  };
}
