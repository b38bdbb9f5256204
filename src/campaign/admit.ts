import {StageError} from '../errors.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import type {RunId} from '../ledger/state-directory.ts';
import {advance} from './advance.ts';
import {itemRunId} from './campaign-directory.ts';
import {type Campaign, type Campaigns, isOpen} from './campaigns.ts';
import {type CampaignState, sizeWaiting} from './fold.ts';
import {type AdmissionSurroundings, itemRuns, type LookedAt} from './item-runs.ts';

/** What admission has done in a look: the engine's port `Admission` in src/engine/admission.ts. */
export interface AdmissionResult {
  /** runs that are to be looked at now: of items that were admitted */
  readonly published: readonly RunId[];
  /** runs of campaigns that are cancelled, by whom */
  readonly cancelled: readonly {readonly run: RunId; readonly by: string}[];
  /** items wait, and no active run tells when they may be admitted */
  readonly isWaiting: 'soon' | 'later' | undefined;
  readonly problems: readonly StageError[];
}

/** Looks at all open campaigns: records which items have ended, and admits others. */
export function openAdmission(
  campaigns: Campaigns,
  around: AdmissionSurroundings,
): {admit(runs: readonly OpenRun[]): Promise<AdmissionResult>} {
  const opened = new Map<string, Campaign>();
  const find = (name: string): Campaign | undefined => {
    const campaign = opened.get(name) ?? campaigns.find(name);
    if (campaign) opened.set(name, campaign);
    return campaign;
  };
  return {
    async admit(runs) {
      const problems: StageError[] = [];
      const published: RunId[] = [];
      const looked: LookedAt = {active: new Map(runs.map((run) => [run.id, run])), published, problems};
      const cancelled: {run: RunId; by: string}[] = [];
      let isWaiting: AdmissionResult['isWaiting'];
      for (const name of campaigns.open().keys()) {
        try {
          const campaign = find(name);
          if (!campaign) continue; // its first entry is being made, or its process died before
          const {state, putOff} = await advance(campaign.log, itemRuns(campaign, around, looked), around);
          cancelled.push(...cancelledRuns(name, state));
          // What leaves room for the next item ahead, the start of a job, is seen by no process of its own.
          if (waits(state) && state.active.size < state.bounds.maxActive && putOff === undefined) isWaiting = 'soon';
          else if (waits(state) && putOff !== undefined) isWaiting ??= 'later';
          if (!isOpen(state)) campaigns.unmark(name, state);
        } catch (error) {
          // What is on record of one campaign cannot be used: the others go on.
          if (!(error instanceof StageError)) throw error;
          problems.push(error);
        }
      }
      return {published, cancelled, isWaiting, problems};
    },
  };
}

function waits(state: CampaignState): boolean {
  return !state.paused && !state.cancelled && sizeWaiting(state) > 0;
}

function cancelledRuns(name: string, {cancelled, active}: CampaignState) {
  if (!cancelled) return [];
  return [...active.values()].map((item) => ({run: itemRunId(name, item), by: cancelled.by}));
}
