import type {Campaign, Campaigns} from '../../campaign/campaigns.ts';
import {RequestWrong} from '../../errors.ts';
import {didYouMean, listNames} from '../../workflow/file/problems.ts';

/** @throws {NoSuchCampaign} */
export function findCampaign(campaigns: Campaigns, name: string): Campaign {
  const found = /^[\w-]+$/.test(name) ? campaigns.find(name) : undefined;
  if (found) return found;
  throw new NoSuchCampaign(name, campaigns.names());
}

class NoSuchCampaign extends RequestWrong {
  constructor(name: string, known: readonly string[]) {
    super(`there is no campaign ${JSON.stringify(name)}`, {
      code: 'NO_SUCH_CAMPAIGN',
      why:
        known.length === 0
          ? 'this profile has no campaigns'
          : `there are ${listNames(known)}${didYouMean(name, known)}`,
      next: ['List campaigns: stage campaign list'],
    });
  }
}
