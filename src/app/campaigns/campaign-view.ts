import {iso} from '../../base/time.ts';
import {count, largest, renderTime} from '../../base/units.ts';
import {accounts, type CampaignState, lastNumber} from '../../campaign/fold.ts';
import {EXIT, type ExitCode} from '../../errors.ts';
import {pad, type Style, widthOf} from '../shared/text-layout.ts';

export type CampaignStateWord = 'active' | 'paused' | 'cancelling' | 'cancelled' | 'succeeded' | 'failed';

/** A campaign as `--json` shows it: all items are in one of the counts. Times in ISO 8601 UTC. */
export interface CampaignView {
  readonly campaign: string;
  readonly state: CampaignStateWord;
  readonly reason: string;
  /** since when it is paused or cancelled, and who said so */
  readonly since?: string | undefined;
  readonly by?: string | undefined;
  readonly items: number;
  readonly waiting: number;
  readonly active: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly maxActive: number;
  readonly prefetch?: number | undefined;
  /** 0: never */
  readonly pauseAfter: number;
  /** nodes on which everything failed last */
  readonly nodes?: readonly {readonly host: string; readonly failures: number; readonly quick: boolean}[] | undefined;
}

/** Pure. */
export function viewCampaign(campaign: string, state: CampaignState): CampaignView {
  const {bounds, paused, cancelled, streaks} = state;
  const counts = accounts(state);
  const {state: word, reason} = stateOf(state, counts);
  const stopped = cancelled ?? paused;
  const nodes = streaks.nodes.filter(({times}) => times > 1);
  return {
    campaign,
    state: word,
    reason,
    since: word === 'succeeded' || word === 'failed' ? undefined : iso(stopped?.at),
    by: word === 'succeeded' || word === 'failed' ? undefined : stopped?.by,
    items: lastNumber(state),
    ...counts,
    ...bounds,
    nodes: nodes.length > 0 ? nodes.map(({host, times, quick}) => ({host, failures: times, quick})) : undefined,
  };
}

function stateOf(
  {paused, cancelled, bounds}: CampaignState,
  {waiting, active, failed, cancelled: ended}: ReturnType<typeof accounts>,
): {readonly state: CampaignStateWord; readonly reason: string} {
  if (cancelled && active > 0)
    return {state: 'cancelling', reason: `cancelled by ${cancelled.by}; its runs are being cancelled`};
  if (cancelled) return {state: 'cancelled', reason: `cancelled by ${cancelled.by}`};
  if (waiting + active === 0) {
    if (failed + ended === 0) return {state: 'succeeded', reason: 'every item succeeded'};
    const parts = [
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(ended > 0 ? [`${ended} ${ended === 1 ? 'was' : 'were'} cancelled`] : []),
    ];
    return {state: 'failed', reason: `every item has ended, and ${parts.join(' and ')}`};
  }
  if (paused) return {state: 'paused', reason: paused.why ?? `paused by ${paused.by}`};
  if (waiting === 0)
    return {state: 'active', reason: active === 1 ? 'the last item is active' : `the last ${active} items are active`};
  if (active >= bounds.maxActive)
    return {state: 'active', reason: `${active} of at most ${bounds.maxActive} runs are active`};
  return {
    state: 'active',
    reason: `${active} of at most ${bounds.maxActive} runs are active; the next look admits more`,
  };
}

/** How a campaign that was asked about stands. Where the campaign paused itself, it is a person's turn. */
export function exitOfCampaign({state}: CampaignView, hasPausedItself: boolean): ExitCode {
  if (state === 'failed' || state === 'cancelled' || state === 'cancelling') return EXIT.failed;
  return state === 'paused' && hasPausedItself ? EXIT.actionNeeded : EXIT.ok;
}

/** Some lines on one campaign. */
export function campaignLines(view: CampaignView): string[] {
  const {campaign, state, reason, items, waiting, active, succeeded, failed, cancelled, nodes = []} = view;
  const counts = [
    `${succeeded} succeeded`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
    `${active} active`,
    `${waiting} waiting`,
  ];
  const since = view.since ? ` since ${renderTime(view.since)}` : '';
  return [
    `${campaign}: ${state}${since}: ${reason}`,
    `  ${count(items, 'item')}: ${counts.join(', ')}`,
    ...nodes.map(
      ({host, failures, quick}) =>
        `  node ${host}: its last ${failures} items failed${quick ? ', each within seconds' : ''}`,
    ),
    ...nextLines(view).map((line) => `  next: ${line}`),
  ];
}

/** What a person can do where nothing goes on by itself. */
function nextLines({campaign, state, failed, cancelled}: CampaignView): string[] {
  const again = failed + cancelled > 0 && ['failed', 'cancelled', 'paused'].includes(state);
  return [
    ...(failed > 0 ? [`see why: stage campaign report ${campaign} --state failed`] : []),
    ...(state === 'cancelled' || state === 'paused'
      ? [`let further items begin: stage campaign resume ${campaign}`]
      : []),
    ...(again ? [`run them again: stage campaign retry ${campaign}`] : []),
  ];
}

const HEAD = ['CAMPAIGN', 'STATE', 'ITEMS', 'WAITING', 'ACTIVE', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'REASON'];

export function renderCampaigns({campaigns}: {readonly campaigns: readonly CampaignView[]}, style: Style): string {
  if (campaigns.length === 0) return 'No campaigns.';
  return table(
    HEAD,
    campaigns.map((one) => [
      one.campaign,
      one.state,
      ...[one.items, one.waiting, one.active, one.succeeded, one.failed, one.cancelled].map(String),
      one.reason,
    ]),
    style,
  );
}

/** Rows under their titles; the last column is as wide as it is. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], _style: Style): string {
  const widths = head.map((_, column) => largest([head, ...rows].map((row) => widthOf(row[column] ?? ''))));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : pad(cell, widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}
