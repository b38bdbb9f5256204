import {decide} from '../../campaign/advance.ts';
import type {Change} from '../../campaign/changes.ts';
import {endsOf} from '../../campaign/ends.ts';
import {type CampaignState, sealOf, tryOf} from '../../campaign/fold.ts';
import {itemEnd} from '../../campaign/item-end.ts';
import {standingOf} from '../../campaign/listed-items.ts';
import {EXIT, RequestWrong, StageError} from '../../errors.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import type {RunOfCampaign} from '../../ledger/run-facts.ts';
import type {RunSummary} from '../../ledger/summary.ts';
import type {RunsStage} from '../../wiring/stage.ts';

/**
 * To be called before a run is resumed that has ended: where it is of a campaign, its item is active again, and counts
 * among those of which there may be so many at once. That is on record first: a process that dies then leaves an item
 * that has ended as it had.
 *
 * @throws {RequestWrong} where the item has a later run, or its campaign is cancelled @throws {NoRoom}
 */
export async function reopenItem(stage: RunsStage, run: OpenRun, ended: RunSummary): Promise<void> {
  const item = run.state.original.campaign;
  if (!item) return;
  const campaigns = await stage.campaigns();
  const campaign = campaigns.find(item.name);
  if (!campaign) return; // its directory was removed: nothing counts its runs any more
  const seal = run.state.resumes.length;
  await decide(campaign.log, {clock: Date.now, by: stage.person}, (state) => {
    requireNewest(run, item, state);
    const {number} = item;
    const active = state.active.get(number);
    if (active && active.seal > seal) return []; // on record, by a process that died before it resumed the run
    const end = active ? itemEnd({number, try: item.try, seal}, ended, run) : undefined;
    const was = end?.state ?? endsOf(campaign, state).get(number);
    if (!was || (!active && sealOf(state, number) > seal)) return [];
    if (state.active.size - (active ? 1 : 0) >= state.bounds.maxActive) throw new NoRoom(item, state);
    campaigns.mark(item.name, state.position + 1);
    const reopened: Change = {is: 'reopened', number, try: item.try, seal: seal + 1, was};
    return end ? [end, reopened] : [reopened];
  });
}

function requireNewest(run: OpenRun, {name, number, try: of}: RunOfCampaign, state: CampaignState): void {
  const cannot = (why: string, next: string) =>
    new RequestWrong(`${run.id} cannot be resumed`, {code: 'ITEM_NOT_RESUMED', why, next: [next]});
  if (state.cancelled) throw cannot(`campaign ${name} is cancelled`, `End that first: stage campaign resume ${name}`);
  const newest = tryOf(state, number);
  if (newest > of || standingOf(state, number) === 'waiting')
    throw cannot(
      `item ${number} of campaign ${name} runs again, as its try ${newest}`,
      `See it: stage campaign report ${name}`,
    );
}

/** So many runs of the campaign are active as may be. */
class NoRoom extends StageError {
  constructor({name, number}: RunOfCampaign, {active, bounds}: CampaignState) {
    super({
      code: 'CAMPAIGN_FULL',
      exit: EXIT.conflict,
      what: `item ${number} of campaign ${name} cannot be resumed now: ${active.size} of at most ${bounds.maxActive} runs are active`,
      next: [
        'Resume it when one of them has ended.',
        `Or let it run again from the start, in its turn: stage campaign retry ${name} --item ${number}`,
        'Or raise max_active in the campaign file, and run: stage campaign run FILE --update',
      ],
    });
  }
}
