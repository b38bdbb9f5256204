import {count} from '../../base/units.ts';
import {decide} from '../../campaign/advance.ts';
import type {Campaign, Campaigns} from '../../campaign/campaigns.ts';
import type {Change} from '../../campaign/changes.ts';
import {endsOf} from '../../campaign/ends.ts';
import {type CampaignState, lastNumber, tryOf} from '../../campaign/fold.ts';
import {standingOf} from '../../campaign/listed-items.ts';
import {reconcile} from '../../engine/turn.ts';
import {type ExitCode, RequestWrong} from '../../errors.ts';
import type {RunsStage} from '../../wiring/stage.ts';
import {exitOfProblems, type ProblemDocument, problemsOf} from '../shared/look-results.ts';
import {type CampaignView, campaignLines} from './campaign-view.ts';
import {findCampaign} from './choose-campaign.ts';
import {named} from './plan-campaign.ts';
import {currentView} from './run-campaign.ts';

export interface DecisionReport {
  readonly message: string;
  readonly campaign: CampaignView;
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

/** Admit nothing more; what is active goes on. Safe to repeat. */
export function pauseCampaign(stage: RunsStage, name: string): Promise<DecisionReport> {
  return decided(stage, name, {
    is: `${name} is paused: what is active goes on, and no further item begins`,
    already: `${name} is paused already`,
    changes: ({paused, cancelled}) => (paused || cancelled ? [] : [{is: 'paused'}]),
  });
}

/** End a pause or a cancellation. Safe to repeat. */
export function resumeCampaign(stage: RunsStage, name: string): Promise<DecisionReport> {
  return decided(stage, name, {
    is: `${name} goes on`,
    already: `${name} is neither paused nor cancelled`,
    changes: ({paused, cancelled}) => (paused || cancelled ? [{is: 'resumed'}] : []),
  });
}

/** Admit nothing more, and cancel what is active. Safe to repeat. */
export function cancelCampaign(stage: RunsStage, name: string): Promise<DecisionReport> {
  return decided(stage, name, {
    is: `${name} is cancelled: its runs are cancelled, and no further item begins`,
    already: `${name} is cancelled already, or has ended`,
    changes: (state) => (state.cancelled || isOver(state) ? [] : [{is: 'cancelled'}]),
  });
}

function isOver({waiting, active}: CampaignState): boolean {
  return waiting.length === 0 && active.size === 0;
}

export interface RetryRequest {
  readonly campaign: string;
  /** numbers or keys of items; all that failed or were cancelled when there are none */
  readonly items: readonly string[];
  /** items that succeeded, too */
  readonly succeeded: boolean;
}

/**
 * Let items that have ended run again, each as a further run of its own.
 *
 * @throws {RequestWrong} for items that there are not, that have not ended, or that succeeded and are not to run again
 */
export async function retryItems(stage: RunsStage, request: RetryRequest): Promise<DecisionReport> {
  let chosen = 0;
  return decided(stage, request.campaign, {
    is: () => `${count(chosen, 'item')} of ${request.campaign} ${chosen === 1 ? 'runs' : 'run'} again`,
    already: `no item of ${request.campaign} has failed or was cancelled`,
    changes(state, campaign) {
      const ends = endsOf(campaign, state);
      const numbers =
        request.items.length > 0
          ? chooseItems(campaign, state, request.items)
          : [...ends].flatMap(([number, end]) => (end === 'succeeded' && !request.succeeded ? [] : [number]));
      const early = numbers.filter((number) => standingOf(state, number) !== 'ended');
      if (early.length > 0)
        throw notRetried(early, 'has not ended', 'Wait for its end, or cancel its run: stage cancel RUN');
      const good = request.succeeded ? [] : numbers.filter((number) => ends.get(number) === 'succeeded');
      if (good.length > 0) throw notRetried(good, 'succeeded', 'To run it again all the same: --succeeded');
      chosen = numbers.length;
      return numbers.flatMap((number): Change[] => {
        const was = ends.get(number);
        return was ? [{is: 'retried', number, try: tryOf(state, number) + 1, was}] : [];
      });
    },
  });
}

function notRetried(numbers: readonly number[], why: string, next: string): RequestWrong {
  return new RequestWrong(`item ${named(numbers)} cannot be tried again`, {
    code: 'ITEM_NOT_RETRIED',
    why: `it ${why}`,
    next: [next],
  });
}

/** @throws {RequestWrong} */
function chooseItems(campaign: Campaign, state: CampaignState, asked: readonly string[]): number[] {
  const last = lastNumber(state);
  let byKey: Map<string, number> | undefined;
  return asked.map((text) => {
    if (/^[1-9]\d*$/.test(text) && Number(text) <= last) return Number(text);
    byKey ??= new Map(
      state.segments.flatMap((segment) => campaign.lines(segment).map(({key}, index) => [key, segment.first + index])),
    );
    const number = byKey.get(text);
    if (number !== undefined) return number;
    throw new RequestWrong(`campaign ${campaign.name} has no item ${JSON.stringify(text)}`, {
      code: 'NO_SUCH_ITEM',
      why: `its items are numbered from 1 to ${last}, and have keys`,
      next: [`List them: stage campaign report ${campaign.name}`],
    });
  });
}

async function decided(
  stage: RunsStage,
  name: string,
  decision: {
    readonly is: string | (() => string);
    readonly already: string;
    readonly changes: (state: CampaignState, campaign: Campaign) => readonly Change[];
  },
): Promise<DecisionReport> {
  const campaigns: Campaigns = await stage.campaigns();
  const campaign = findCampaign(campaigns, name);
  const engine = await stage.engine();
  let isNews = false;
  await decide(campaign.log, {clock: Date.now, by: stage.person}, (state) => {
    const changes = decision.changes(state, campaign);
    isNews = changes.length > 0;
    if (isNews) campaigns.mark(name, state.position + 1);
    return changes;
  });
  const looked = await reconcile(engine);
  const {view} = await currentView(campaigns, name);
  const problems = problemsOf(looked);
  const said = typeof decision.is === 'string' ? decision.is : decision.is();
  return {message: isNews ? said : decision.already, campaign: view, problems, exit: exitOfProblems(problems)};
}

export function renderDecision({message, campaign, problems}: DecisionReport): string {
  return [
    message,
    ...campaignLines(campaign),
    ...problems.map(({what, why}) => `NOT  ${what}${why ? `: ${why}` : ''}`),
  ].join('\n');
}
