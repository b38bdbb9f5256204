import {MOST_AGE_SECONDS, readDuration} from '../../../base/duration.ts';
import {packEnded} from '../../../engine/packing.ts';
import {EXIT, type ExitCode, RequestWrong} from '../../../errors.ts';
import type {RunsStage} from '../../../wiring/stage.ts';
import {type ProblemDocument, problemDocuments} from '../../shared/look-results.ts';

export interface PruneReport {
  readonly dryRun: boolean;
  readonly packed: readonly string[];
  /** old enough, and left as they are */
  readonly kept: readonly {readonly run: string; readonly why: string}[];
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

const MONTH_MS = 30 * 86_400_000;

/**
 * Pack runs that have ended.
 *
 * @param request.olderThan such as `30d`; as the profile says when absent, or 30 days
 * @throws {RequestWrong}
 */
export function pruneRuns(
  stage: Pick<RunsStage, 'ledger' | 'profile' | 'reasonsToKeep'>,
  request: {readonly olderThan?: string | undefined; readonly dryRun: boolean},
): PruneReport {
  const {ledger, profile, reasonsToKeep} = stage;
  const olderThanMs = readAge(request.olderThan) ?? profile.keepRunsMs ?? MONTH_MS;
  const {packed, kept, failed} = packEnded(ledger, {olderThanMs, reasonsToKeep}, {dryRun: request.dryRun});
  const problems = problemDocuments(failed.map(({error}) => error));
  return {dryRun: request.dryRun, packed, kept, problems, exit: failed.length > 0 ? EXIT.unreachable : EXIT.ok};
}

function readAge(written: string | undefined): number | undefined {
  if (written === undefined) return undefined;
  const age = readDuration(written, MOST_AGE_SECONDS);
  if (age !== undefined) return age;
  throw new RequestWrong(`--older-than ${written} is no duration`, {
    next: ['Give a number with s, m, h or d, such as 30d.'],
  });
}

/** What was packed, or would be, a line each, and what was not. */
export function renderPrune({dryRun, packed, kept}: PruneReport): string {
  const runs = packed.length === 1 ? '1 run' : `${packed.length} runs`;
  const lines = [
    ...packed.map((run) => `${run} ${dryRun ? 'would be packed' : 'packed'}`),
    ...kept.map(({run, why}) => `${run} kept: ${why}`),
  ];
  const last = dryRun ? `${runs} would be packed; nothing was changed.` : `${runs} packed.`;
  return [...lines, packed.length === 0 && !dryRun ? 'Nothing to pack.' : last].join('\n');
}
