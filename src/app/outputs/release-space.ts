import {parseClaimName} from '../../engine/plan/limits/limit-claims.ts';
import {parseRunId} from '../../ledger/state-directory.ts';
import {type LimitsState, NO_ENTRIES} from '../../limits/log.ts';
import {freeOf} from '../../limits/open-limits.ts';
import {areasOfRun} from '../../outputs/areas.ts';
import type {OutputsStage} from '../../wiring/stage.ts';

/**
 * What a run that has ended still holds of pools comes free when all that its jobs made was released, or is gone: a run
 * that failed or was cancelled keeps it until then. Safe to repeat.
 *
 * @returns the names of these pools
 */
export function releaseSpace(stage: OutputsStage, run: string): string[] {
  const {limits, ledger, outputs, by} = stage;
  const id = parseRunId(run)?.id;
  if (!limits.inUse() || !id || ledger.activeRuns().includes(id)) return [];
  const isLeft = areasOfRun(outputs.areas, run).some(
    (read) => read.is === 'damaged' || (!read.area.released && !read.area.gone),
  );
  if (isLeft) return [];
  return limits.all().flatMap((directory) => {
    const prefix = limits.prefix(directory);
    const pools = new Set<string>();
    let latest: LimitsState = NO_ENTRIES;
    directory.settle({
      wanted(state) {
        latest = state;
        return [...state.claims.keys()].flatMap((key) => {
          const claim = key.startsWith(prefix) ? parseClaimName(key.slice(prefix.length)) : undefined;
          if (claim?.run !== run || !('pool' in claim)) return [];
          pools.add(claim.pool);
          return [{do: 'release', key, why: 'its output was released'} as const];
        });
      },
      free: (limit) => freeOf(latest)(limit),
      by,
      clock: Date.now,
    });
    return [...pools];
  });
}
