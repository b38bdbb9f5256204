import {setImmediate as giveWay} from 'node:timers/promises';

import type {TransferItem} from '../transfer/submission.ts';
import {createChannel} from './channel.ts';
import {copyOne} from './copy-work.ts';
import {asFault, FatalFault, type Fault, isSkippable} from './fault.ts';
import {walk} from './find-files.ts';
import {type Attempt, type FileWork, type Tools, type TransferTools, type Work, withPace} from './transfer-work.ts';

const FILES_AT_ONCE = 6;
/** For so long small files are copied before another task has a turn. */
const LONGEST_TURN_MS = 5;
/** How far the walk may run ahead of the copying; bounds what a large directory takes in memory. */
const AHEAD = 4096;

/**
 * Go once through the work: one walks the directories, several copy what it finds.
 *
 * @returns what faulted and is to be tried again later
 * @throws {FatalFault} when the task cannot go on; the reason of the signal when it was stopped
 */
export async function runTransferRound(work: readonly Work[], task: TransferTools): Promise<Work[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([task.signal, stop.signal]);
  const tools = withPace(task, signal);
  task.counts.subtasksRetrying = 0; // they are pending again while they are tried
  const files = createChannel<FileWork>(AHEAD);
  signal.addEventListener('abort', () => files.close('drop'), {once: true});
  const again: Work[] = [];
  const attempt: Attempt = (one, act) => tryOnce(one, tools, again, act);
  const turns = createTurns(LONGEST_TURN_MS);
  const tasks = [
    (async () => {
      for (const one of work) await walk(one, tools, attempt, (file) => files.push(file));
      files.close();
    })(),
    ...Array.from({length: FILES_AT_ONCE}, async () => {
      for (let file = await files.take(); file; file = await files.take()) {
        const mine = file;
        await turns.next();
        await attempt(mine, () => copyOne(mine, tools));
      }
    }),
  ];
  for (const one of tasks) one.catch((error: unknown) => stop.abort(error));
  const ended = await Promise.allSettled(tasks);
  task.signal.throwIfAborted();
  const broken = ended.find((end) => end.status === 'rejected');
  if (broken) throw stop.signal.reason;
  return again;
}

async function tryOnce(work: Work, tools: Tools, again: Work[], act: () => Promise<void>): Promise<void> {
  try {
    await tools.pace.pass();
    const {source_path: from, destination_path: to} = pathsOf(work);
    tools.meetPlanned('source', from);
    tools.meetPlanned('destination', to);
    await act();
  } catch (error) {
    if (tools.pace.signal.aborted || error instanceof FatalFault) throw error;
    const {source_path: path, destination_path: to} = pathsOf(work);
    const fault = asFault(error, 'source', path);
    if (isFatal(fault, tools)) throw new FatalFault(fault);
    if (tools.options.skipSourceErrors && isSkippable(fault)) {
      tools.counts.subtasksSkippedErrors++;
      tools.skipped(fault, path, to, work.kind === 'directory');
      return;
    }
    again.push(work);
    tools.counts.subtasksRetrying++;
    tools.faulted(fault);
  }
}

const pathsOf = (work: Work): Pick<TransferItem, 'source_path' | 'destination_path'> =>
  work.kind === 'item' ? work.item : {source_path: work.sourcePath, destination_path: work.destinationPath};

const isFatal = (fault: Fault, tools: Tools): boolean =>
  fault.code === 'EXTERNAL_CHECKSUM_MISMATCH' || (fault.code === 'QUOTA_EXCEEDED' && tools.options.failOnQuotaErrors);

/** Between pieces of work that wait for nothing: who has worked for long enough lets requests and timers have their turn. */
export interface Turns {
  /** @returns undefined when there is no need yet */
  next(): Promise<void> | undefined;
}

/** @param longestMs time that may pass without giving way */
function createTurns(longestMs: number): Turns {
  let since = performance.now();
  const give = async (): Promise<void> => {
    await giveWay();
    since = performance.now();
  };
  return {next: () => (performance.now() - since < longestMs ? undefined : give())};
}
