import {openMarks, parseItemRun} from '../campaign/campaign-directory.ts';
import {namesIn} from '../disk/facts.ts';
import {StageError} from '../errors.ts';
import {parseNumberedName, type RunId, type StateLayout} from '../ledger/state-directory.ts';
import type {Limits} from '../limits/open-limits.ts';

/** Why a run that has ended is not packed: one function for each that may need its directory. */
export function reasonsToKeep(layout: StateLayout, limits: Limits): readonly ((run: RunId) => string | undefined)[] {
  return [(run) => ofOpenCampaign(layout, run), (run) => holdsClaim(limits, run)];
}

/** A claim that has not been released, granted or not: what it was for may still lie on the disk. */
function holdsClaim(limits: Limits, run: RunId): string | undefined {
  if (!limits.inUse()) return undefined;
  try {
    const home = limits.home();
    const claims = limits.all().flatMap((directory) => [...directory.read().claims.values()]);
    const own = claims.find(({holder}) => holder.home === home && holder.run === run);
    return own && `it holds ${own.wants.map(({limit}) => limit).join(', ')}`;
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return `whether it holds anything is not known: ${error.message}`;
  }
}

/** By its name alone: a run that merely looks like one of a campaign that is open waits as long. */
function ofOpenCampaign(layout: StateLayout, run: RunId): string | undefined {
  const campaign = parseItemRun(run)?.campaign;
  if (campaign === undefined) return undefined;
  const isOpen = namesIn(openMarks(layout)).some((name) => parseNumberedName(name).run === campaign);
  return isOpen ? `campaign ${campaign} has not ended` : undefined;
}
