import {closeSync, fstatSync, lstatSync, type Stats} from 'node:fs';
import {dirname} from 'node:path';
import {atPlaceNow} from './confine.ts';
import {type CopyPace, checksumOf, copyFile, openSource} from './copy-file.ts';
import {copySmallFile, SMALL_BYTES} from './copy-small-file.ts';
import {Fault} from './fault.ts';
import {removeTree} from './remove-tree.ts';
import {decideSync} from './sync-decision.ts';
import {type FileWork, onDestination, type Tools} from './transfer-work.ts';

/** Copy one file that the walk found, unless it is there already. @throws {Fault} or a failed file system call */
export async function copyOne(work: FileWork, tools: Tools): Promise<void> {
  const {counts, options} = tools;
  if (tools.finished.has(work.destinationPath)) {
    counts.subtasksSucceeded++;
    return;
  }
  const source = atPlaceNow(tools.source, work.from, openSource);
  try {
    const stats = fstatSync(source); // of a file that is open, it asks no disk
    if (!stats.isFile()) throw new Fault('NOT_A_FILE', 'source', work.sourcePath, 'not a regular file any more');
    const pace: CopyPace = {
      ...tools.pace,
      pass: () => {
        tools.meetPlanned('source', work.sourcePath);
        tools.meetPlanned('destination', work.destinationPath);
        return tools.pace.pass();
      },
      moved: (bytes) => {
        counts.bytesTransferred += bytes;
      },
      checksummed: (bytes) => {
        counts.bytesChecksummed += bytes;
      },
    };
    if (await isThere(work, source, stats, pace, tools)) {
      counts.filesSkipped++;
      counts.subtasksSucceeded++;
      return;
    }
    const algorithm = ('checksum_algorithm' in work.item && work.item.checksum_algorithm) || 'MD5';
    const small = stats.size <= Math.min(SMALL_BYTES, tools.pace.stepBytes());
    const copied = await (small ? copySmallFile : copyFile)(
      source,
      stats,
      {
        ...work,
        destination: tools.destination,
        temporary: await onDestination(work.destinationPath, async () => tools.temporaries.nameIn(dirname(work.to))),
        verify: options.verifyChecksum,
        preserveTimestamp: options.preserveTimestamp,
        algorithm,
        expected: ('external_checksum' in work.item && work.item.external_checksum) || undefined,
      },
      pace,
    );
    counts.filesTransferred++;
    counts.subtasksSucceeded++;
    tools.succeeded({sourcePath: work.sourcePath, destinationPath: work.destinationPath, algorithm, ...copied});
  } finally {
    closeSync(source);
  }
}

/** Whether the sync level says that this file need not be copied. */
async function isThere(work: FileWork, source: number, stats: Stats, pace: CopyPace, tools: Tools): Promise<boolean> {
  const {syncLevel, deleteDestinationExtra} = tools.options;
  if (syncLevel === null && !deleteDestinationExtra) return false;
  return onDestination(work.destinationPath, async () => {
    const {destination} = tools;
    const there = atPlaceNow(destination, work.to, (place) => lstatSync(place, {throwIfNoEntry: false}));
    if (there?.isDirectory() && deleteDestinationExtra) await removeTree(destination, work.to);
    const decision = decideSync(syncLevel, stats, there?.isFile() ? there : undefined);
    if (decision !== 'compare-checksums') return decision === 'skip';
    const other = atPlaceNow(destination, work.to, openSource);
    try {
      return (await checksumOf(source, 'MD5', pace)) === (await checksumOf(other, 'MD5', pace));
    } finally {
      closeSync(other);
    }
  });
}
