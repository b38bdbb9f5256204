import {iso} from '../../base/time.ts';
import {renderTime} from '../../base/units.ts';
import {segmentOf} from '../../campaign/admission.ts';
import {itemRunId} from '../../campaign/campaign-directory.ts';
import type {Campaign} from '../../campaign/campaigns.ts';
import type {ItemEnd} from '../../campaign/changes.ts';
import {type ActiveItem, type CampaignState, lastNumber} from '../../campaign/fold.ts';
import type {ItemLine} from '../../campaign/listed-items.ts';
import {reconcile} from '../../engine/turn.ts';
import {EXIT, type ExitCode, StageError} from '../../errors.ts';
import type {RunStateWord} from '../../standing/standing.ts';
import type {RunsStage} from '../../wiring/stage.ts';
import {
  exitOfProblems,
  type ProblemDocument,
  problemDocuments,
  problemsOf,
  standingAfter,
} from '../shared/look-results.ts';
import type {Style} from '../shared/text-layout.ts';
import {type CampaignView, campaignLines, exitOfCampaign, table, viewCampaign} from './campaign-view.ts';
import {findCampaign} from './choose-campaign.ts';
import {currentView} from './run-campaign.ts';

export interface CampaignStatus {
  readonly campaign: CampaignView;
  /** runs of items that are active */
  readonly runs: readonly ActiveRun[];
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

export interface ActiveRun {
  readonly item: number;
  readonly key: string;
  readonly run: string;
  readonly state: RunStateWord | 'not-begun';
  readonly reason: string;
}

/** Look, and say how a campaign stands. */
export async function showCampaign(stage: RunsStage, name: string): Promise<CampaignStatus> {
  const campaigns = await stage.campaigns();
  const campaign = findCampaign(campaigns, name);
  const looked = await reconcile(await stage.engine(), {shows: true});
  const {view, state, pausedItself} = await currentView(campaigns, name);
  const lineOf = linesOf(campaign, state);
  const isThere = new Set(stage.ledger.activeRuns());
  const showRun = async (item: ActiveItem): Promise<ActiveRun> => {
    const run = itemRunId(name, item);
    const about = {item: item.number, key: lineOf(item.number).key, run};
    if (!isThere.has(run) && !stage.ledger.summary(run))
      return {...about, state: 'not-begun', reason: 'it is admitted, and its run is not there (yet)'};
    // A command that resumes a run puts that on record before it does it.
    if (!isThere.has(run) && item.seal > 0 && (stage.ledger.newestSeal(run)?.number ?? item.seal) < item.seal)
      return {...about, state: 'not-begun', reason: `the command that resumed it has died: stage resume ${run}`};
    const {state: word, line} = await standingAfter(stage, run, looked, {ofMany: true});
    return {...about, state: word, reason: line};
  };
  const runs = await Promise.all([...state.active.values()].sort((a, b) => a.number - b.number).map(showRun));
  const problems = problemsOf(looked);
  return {campaign: view, runs, problems, exit: exitOfCampaign(view, pausedItself) || exitOfProblems(problems)};
}

export function renderCampaignStatus({campaign, runs, problems}: CampaignStatus, style: Style): string {
  const rows = runs.map(({item, key, run, state, reason}) => [String(item), key, run, state, reason]);
  return [
    ...campaignLines(campaign),
    ...(rows.length > 0 ? ['', table(['ITEM', 'KEY', 'RUN', 'STATE', 'REASON'], rows, style)] : []),
    ...problems.map(({what, why}) => `NOT  ${what}${why ? `: ${why}` : ''}`),
  ].join('\n');
}

export interface CampaignList {
  readonly campaigns: readonly CampaignView[];
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

/** All campaigns, from what is on record; PBS and Globus are not asked. */
export async function listCampaigns(stage: RunsStage): Promise<CampaignList> {
  const campaigns = await stage.campaigns();
  const views: CampaignView[] = [];
  const damaged: StageError[] = [];
  for (const name of campaigns.names()) {
    try {
      const state = await campaigns.find(name)?.log.read();
      if (state) views.push(viewCampaign(name, state));
    } catch (error) {
      if (!(error instanceof StageError)) throw error;
      damaged.push(error);
    }
  }
  const problems = problemDocuments(damaged);
  return {campaigns: views, problems, exit: exitOfProblems(problems)};
}

/** One item, and what has become of it. Times in ISO 8601 UTC. */
export interface ItemView {
  readonly item: number;
  readonly key: string;
  readonly state: 'waiting' | 'active' | ItemEnd;
  readonly tries: number;
  /** the newest run; absent when none has been admitted */
  readonly run?: string | undefined;
  readonly admittedAt?: string | undefined;
  readonly endedAt?: string | undefined;
  readonly seconds?: number | undefined;
  /** where its job ran, of one that failed */
  readonly host?: string | undefined;
  readonly why?: string | undefined;
  readonly params: Readonly<Record<string, string>>;
}

export interface ItemsReport {
  readonly campaign: CampaignView;
  readonly items: readonly ItemView[];
  readonly exit: ExitCode;
}

/** All items of a campaign, from what is on record; PBS and Globus are not asked. @param states only items in one of these; all when empty */
export async function reportItems(
  stage: RunsStage,
  name: string,
  states: readonly string[] = [],
): Promise<ItemsReport> {
  const campaign = findCampaign(await stage.campaigns(), name);
  const state = await campaign.log.read();
  const items = itemsOf(campaign, state).filter((item) => states.length === 0 || states.includes(item.state));
  return {campaign: viewCampaign(name, state), items, exit: EXIT.ok};
}

/** Every item by the order of the log. */
function itemsOf(campaign: Campaign, state: CampaignState): ItemView[] {
  const now = new Map<number, Omit<ItemView, 'item' | 'key' | 'params'>>();
  const admitted = new Map<number, number>();
  for (const {at, changes} of campaign.entries(state))
    for (const change of changes) {
      if (change.is === 'admitted') {
        admitted.set(change.number, at);
        const run = itemRunId(campaign.name, change);
        now.set(change.number, {state: 'active', tries: change.try, run, admittedAt: iso(at)});
      }
      const before = 'number' in change ? now.get(change.number) : undefined;
      if (change.is === 'ended' && before) {
        const {number, state: end, at: endedAt, host, why} = change;
        const seconds = Math.round((endedAt - (admitted.get(number) ?? endedAt)) / 1000);
        now.set(number, {
          ...before,
          state: end,
          endedAt: iso(endedAt),
          seconds,
          host,
          why: end === 'succeeded' ? undefined : why,
        });
      }
      if (change.is === 'reopened' && before) now.set(change.number, {...before, state: 'active', endedAt: undefined});
      if (change.is === 'retried' && before) now.set(change.number, {state: 'waiting', tries: change.try});
      if (change.is === 'dropped')
        now.set(change.number, {state: 'cancelled', tries: 0, why: 'it is not wanted any more'});
    }
  const lineOf = linesOf(campaign, state);
  return Array.from({length: lastNumber(state)}, (_, index) => {
    const {key, params} = lineOf(index + 1);
    return {item: index + 1, key, ...(now.get(index + 1) ?? {state: 'waiting', tries: 0}), params};
  });
}

function linesOf(campaign: Campaign, state: CampaignState): (number: number) => ItemLine {
  const known = new Map<number, readonly ItemLine[]>();
  return (number) => {
    const segment = segmentOf(state, number);
    const lines = known.get(segment.first) ?? campaign.lines(segment);
    known.set(segment.first, lines);
    const line = lines[number - segment.first];
    if (!line) throw new RangeError(`there is no item ${number}`); // the segment has as many as it says
    return line;
  };
}

const COLUMNS = ['ITEM', 'KEY', 'STATE', 'TRIES', 'RUN', 'ADMITTED', 'ENDED', 'SECONDS', 'HOST', 'WHY'];

function cellsOf({item, key, state, tries, run, admittedAt, endedAt, seconds, host, why}: ItemView): string[] {
  return [item, key, state, tries, run, admittedAt, endedAt, seconds, host, why].map((cell) => String(cell ?? ''));
}

function inLocalTime(item: ItemView): ItemView {
  const {admittedAt, endedAt} = item;
  return {...item, admittedAt: admittedAt && renderTime(admittedAt), endedAt: endedAt && renderTime(endedAt)};
}

export function renderItems({campaign, items}: ItemsReport, style: Style): string {
  return [
    ...campaignLines(campaign),
    '',
    table(
      COLUMNS,
      items.map((item) => cellsOf(inLocalTime(item))),
      style,
    ),
  ].join('\n');
}

/** The same for programs: comma-separated values as in RFC 4180. */
export function itemsAsCsv({items}: ItemsReport): string {
  const params = [...new Set(items.flatMap((item) => Object.keys(item.params)))];
  const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const rows = items.map((item) => [...cellsOf(item), ...params.map((name) => item.params[name] ?? '')]);
  const head = [...COLUMNS.map((title) => title.toLowerCase()), ...params];
  return [head, ...rows].map((row) => row.map(quoted).join(',')).join('\n');
}
