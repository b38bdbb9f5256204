import type {Dirent} from 'node:fs';
import {opendir, rmdir, unlink} from 'node:fs/promises';
import {join} from 'node:path';
import {atPlace, inDirectory} from './confine.ts';
import type {Ground} from './held-directories.ts';

/** What hears of a tree that is being removed. */
export interface Removal {
  /** before each entry. @throws what ends the removal */
  before?(entry: Dirent, at: string): Promise<void> | void;
  removed?(kind: 'file' | 'directory'): void;
}

/**
 * Remove a directory and what it holds. Links are removed, never followed, also those that appear meanwhile.
 *
 * @param path where it really lies
 */
export async function removeTree(ground: Ground, path: string, {before, removed}: Removal = {}): Promise<void> {
  await inDirectory(ground, path, async (directory) => {
    for await (const entry of await opendir(directory)) {
      const child = join(path, entry.name);
      await before?.(entry, child);
      if (entry.isDirectory()) await removeTree(ground, child, {before, removed});
      else {
        await unlink(`${directory}/${entry.name}`);
        removed?.('file');
      }
    }
  });
  await atPlace(ground, path, (place) => rmdir(place));
  removed?.('directory');
}
