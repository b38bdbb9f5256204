import type {Campaign} from './campaigns.ts';
import type {ItemEnd} from './changes.ts';
import type {CampaignState} from './fold.ts';

/** How each item that has ended did, the last time. It reads the whole log: for people who ask about what has ended. */
export function endsOf(campaign: Campaign, state: CampaignState): ReadonlyMap<number, ItemEnd> {
  const ends = new Map<number, ItemEnd>();
  for (const {changes} of campaign.entries(state))
    for (const change of changes) {
      if (change.is === 'ended') ends.set(change.number, change.state);
      if (change.is === 'dropped') ends.set(change.number, 'cancelled');
      if (change.is === 'retried' || change.is === 'reopened') ends.delete(change.number);
    }
  return ends;
}
