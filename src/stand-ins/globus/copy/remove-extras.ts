import {lstat, opendir, unlink} from 'node:fs/promises';
import {join} from 'node:path';
import type {TransferItem} from '../transfer/submission.ts';
import {atPlace, inDirectory} from './confine.ts';
import {systemCode} from './fault.ts';
import {locate} from './paths.ts';
import {removeTree} from './remove-tree.ts';
import {isTemporary} from './temporaries.ts';
import {type Tools, type TransferTools, withPace} from './transfer-work.ts';

/**
 * Remove from the destinations of recursive items what their sources do not have. Last, when everything has arrived.
 * A name that a filter kept from being copied exists at the source all the same, and stays.
 */
export async function removeExtras(items: readonly TransferItem[], task: TransferTools): Promise<void> {
  const tools = withPace(task, task.signal);
  for (const item of items) {
    if (item.DATA_TYPE === 'transfer_symlink_item') continue;
    const from = await locate(tools.source, item.source_path);
    if (!(await atPlace(tools.source, from, lstat)).isDirectory()) continue;
    await removeExtrasOf(from, await locate(tools.destination, item.destination_path), tools);
  }
}

async function removeExtrasOf(from: string, to: string, tools: Tools): Promise<void> {
  await inDirectory(tools.destination, to, async (directory) => {
    for await (const entry of await opendir(directory)) {
      await tools.pace.pass();
      if (isTemporary(entry.name)) continue;
      const [source, extra] = [join(from, entry.name), join(to, entry.name)];
      const there = await atPlace(tools.source, source, lstat).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return undefined;
        throw error; // what cannot be looked at is not known to be missing
      });
      if (there?.isDirectory() && entry.isDirectory()) await removeExtrasOf(source, extra, tools);
      else if (there) continue;
      else if (entry.isDirectory()) await removeTree(tools.destination, extra);
      else await unlink(`${directory}/${entry.name}`);
    }
  });
}
