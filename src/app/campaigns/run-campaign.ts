import {count} from '../../base/units.ts';
import {decide} from '../../campaign/advance.ts';
import {parseItemRun} from '../../campaign/campaign-directory.ts';
import type {Campaign, Campaigns} from '../../campaign/campaigns.ts';
import type {Change} from '../../campaign/changes.ts';
import type {CampaignState} from '../../campaign/fold.ts';
import {keepFile} from '../../campaign/item-workflow.ts';
import {reconcile} from '../../engine/turn.ts';
import {EXIT, type ExitCode, RequestWrong, StageError} from '../../errors.ts';
import type {RunsStage} from '../../wiring/stage.ts';
import {type Finding, renderFindings} from '../shared/findings.ts';
import {keepForJobs} from '../shared/jobs-sign-in.ts';
import {exitOfProblems, type ProblemDocument, problemsOf} from '../shared/look-results.ts';
import {preflight, queueLimitFor, requirePassed} from '../shared/preflight/preflight.ts';
import {type CampaignView, campaignLines, exitOfCampaign, viewCampaign} from './campaign-view.ts';
import {type CampaignPlan, planCampaign, type RecordedCampaign, readRecorded} from './plan-campaign.ts';
import {type PreparedCampaign, prepareCampaign} from './prepare-campaign.ts';

export interface RunCampaignRequest {
  readonly file: string;
  readonly dryRun: boolean;
  readonly update: boolean;
  readonly changed: boolean;
  /** ask PBS and Globus first whether the run of an item can work */
  readonly check: boolean;
}

export interface CampaignReport {
  readonly did: 'created' | 'changed' | 'nothing' | 'would-create' | 'would-change';
  readonly message: string;
  /** absent where it would be created */
  readonly campaign?: CampaignView | undefined;
  /** what changed, or would */
  readonly changes: readonly string[];
  readonly notes: readonly string[];
  readonly findings: readonly Finding[];
  readonly problems: readonly ProblemDocument[];
  readonly exit: ExitCode;
}

/**
 * Make it so: record the campaign of a file, or what is new in it, and let a look admit its first items. Repeating it is
 * safe at any time.
 *
 * @throws {CampaignInvalid} {CampaignDiffers} {RequestWrong} before anything is recorded
 */
export async function runCampaign(stage: RunsStage, request: RunCampaignRequest): Promise<CampaignReport> {
  const prepared = await prepareCampaign(stage, request.file);
  const campaigns = await stage.campaigns();
  const recorded = await recordedOf(campaigns, prepared.name);
  const plan = planCampaign(recorded, prepared, request);
  if (!recorded) requireFreeNames(stage, prepared);
  const {changes, notes} = plan;
  if (request.dryRun) return wouldDo(prepared, recorded, plan);
  const findings = plan.do === 'create' && request.check ? await checked(stage, prepared) : [];
  const engine = await stage.engine();
  if (plan.do !== 'same') await record(stage, campaigns, {prepared, recorded, plan});
  keepForJobs(stage, process.env);
  const looked = await reconcile(engine);
  const view = await currentView(campaigns, prepared.name);
  const problems = problemsOf(looked);
  const did = plan.do === 'create' ? 'created' : plan.do === 'change' ? 'changed' : 'nothing';
  return {
    did,
    message: messageOf(did, prepared.name, view),
    campaign: view.view,
    changes: did === 'created' ? [] : changes,
    notes,
    findings: findings.filter(({level}) => level === 'note'),
    problems,
    exit: exitOfCampaign(view.view, view.pausedItself) || exitOfProblems(problems),
  };
}

async function recordedOf(campaigns: Campaigns, name: string): Promise<RecordedCampaign | undefined> {
  const campaign = campaigns.find(name);
  return campaign && readRecorded(campaign, await campaign.log.read());
}

/** How a campaign stands now, as a document. */
export async function currentView(
  campaigns: Campaigns,
  name: string,
): Promise<{readonly view: CampaignView; readonly state: CampaignState; readonly pausedItself: boolean}> {
  const campaign = campaigns.find(name);
  if (!campaign) throw new RangeError(`campaign ${name} was there a moment ago`);
  const state = await campaign.log.read();
  return {view: viewCampaign(name, state), state, pausedItself: state.paused?.why !== undefined};
}

async function checked(stage: RunsStage, {name, first}: PreparedCampaign): Promise<readonly Finding[]> {
  const findings = await preflight(stage, first, {probe: false, adopted: []});
  requirePassed(name, findings);
  return findings;
}

/** Runs that a person has given the names that runs of the campaign would have. */
function requireFreeNames({ledger}: RunsStage, {name}: PreparedCampaign): void {
  const taken = ledger.runs().filter((run) => parseItemRun(run)?.campaign === name);
  if (taken.length === 0) return;
  throw new RequestWrong(`runs of campaign ${name} would have names that are taken`, {
    code: 'CAMPAIGN_RUN_TAKEN',
    details: taken.slice(0, 10),
    why: 'the run of an item is called after campaign and number',
    next: ['Give the campaign another name: campaign: in the file'],
  });
}

/** PBS is not waited for longer. */
const LONGEST_FOR_LIMIT_MS = 5_000;

/** Put on record what is new. Each part is a fact that nothing names before the entry of the log does. */
async function record(
  stage: RunsStage,
  campaigns: Campaigns,
  {
    prepared,
    recorded,
    plan,
  }: {
    readonly prepared: PreparedCampaign;
    readonly recorded: RecordedCampaign | undefined;
    readonly plan: CampaignPlan;
  },
): Promise<void> {
  stage.requireState();
  const maxQueued = plan.defines ? await queueLimitFor(stage, prepared.first, LONGEST_FOR_LIMIT_MS) : undefined;
  const campaign = recorded?.campaign ?? campaigns.create(prepared.name);
  const changes = keepAll(campaign, prepared, plan, {at: Date.now(), by: stage.by, maxQueued});
  const writer = {clock: Date.now, by: stage.by};
  if (!recorded) {
    campaigns.mark(prepared.name, 1);
    const isOurs = await campaign.log.append(1, {at: Date.now(), by: stage.by, changes});
    if (!isOurs) throw new ChangedMeanwhile(prepared.name);
    return;
  }
  const {segments} = recorded.state;
  await decide(campaign.log, writer, (state) => {
    // What looks have recorded since makes no difference; what people have, may.
    const isSame = state.segments.length === segments.length && state.definition === recorded.state.definition;
    if (!isSame) throw new ChangedMeanwhile(prepared.name);
    campaigns.mark(prepared.name, state.position + 1);
    return changes.filter((change) => stillHolds(state, change));
  });
}

/** Of what was planned for single items, what has happened to them since may stand in the way. */
function stillHolds(state: CampaignState, change: Change): boolean {
  const isWaiting = (number: number) => state.waiting.some(([first, last]) => first <= number && number <= last);
  if (change.is === 'dropped') return isWaiting(change.number);
  return change.is !== 'retried' || !(isWaiting(change.number) || state.active.has(change.number));
}

function keepAll(
  campaign: Campaign,
  prepared: PreparedCampaign,
  {defines, segments, others}: CampaignPlan,
  how: {readonly at: number; readonly by: string; readonly maxQueued: number | undefined},
): readonly Change[] {
  for (const content of defines ? prepared.files.values() : []) keepFile(campaign.layout.scripts, content);
  const definition = defines ? campaign.keepDefinition({...prepared.definition, ...how}) : undefined;
  return [
    ...(definition ? [{is: 'defined', definition, ...prepared.bounds} as const] : []),
    ...segments.map(({about, lines}): Change => ({is: 'items', segment: campaign.keepLines(lines), ...about})),
    ...others,
  ];
}

function wouldDo(
  {name, items}: PreparedCampaign,
  recorded: RecordedCampaign | undefined,
  {do: what, changes, notes}: CampaignPlan,
): CampaignReport {
  const view = recorded && viewCampaign(name, recorded.state);
  const did = what === 'create' ? 'would-create' : what === 'change' ? 'would-change' : 'nothing';
  const message = {
    'would-create': `${name} would be created with ${count(items.length, 'item')}; nothing was changed`,
    'would-change': `${name} would be changed; nothing was changed`,
    nothing: `${name} is just so on record`,
  }[did];
  return {did, message, campaign: view, changes, notes, findings: [], problems: [], exit: EXIT.ok};
}

function messageOf(
  did: 'created' | 'changed' | 'nothing',
  name: string,
  {view}: {readonly view: CampaignView},
): string {
  if (did === 'created') return `${name} is created with ${count(view.items, 'item')}`;
  if (did === 'changed') return `${name} is changed`;
  return `${name} is just so on record: nothing was changed`;
}

export function renderCampaignReport({message, campaign, changes, notes, findings, problems}: CampaignReport): string {
  return [
    message,
    ...changes.map((line) => `  ${line}`),
    ...notes.map((line) => `note ${line}`),
    ...renderFindings(findings),
    ...(campaign ? campaignLines(campaign) : []),
    ...problems.map(({what, why}) => `NOT  ${what}${why ? `: ${why}` : ''}`),
  ].join('\n');
}

/** Another command was first. */
class ChangedMeanwhile extends StageError {
  constructor(name: string) {
    super({
      code: 'CAMPAIGN_CHANGED',
      exit: EXIT.conflict,
      what: `campaign ${name} was changed by another command at this moment`,
      next: ['Nothing was changed by this one: run the same command again.'],
    });
  }
}
