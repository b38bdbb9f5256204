import {join} from 'node:path';
import {newWord} from '../base/ids.ts';
import {namesIn} from '../disk/facts.ts';
import {removeIfPossible} from '../disk/whole-file.ts';
import {EXIT, StageError} from '../errors.ts';
import type {Ledger, OpenRun} from '../ledger/ledger.ts';
import type {RunId} from '../ledger/state-directory.ts';
import {isRunUnusable} from '../ledger/trusted-run.ts';
import {segmentOf} from './admission.ts';
import type {CampaignRuns} from './advance.ts';
import {itemRunId, itemRunName, sixDigits} from './campaign-directory.ts';
import type {Campaign} from './campaigns.ts';
import type {ItemEnded} from './changes.ts';
import type {ActiveItem, CampaignState} from './fold.ts';
import {itemEnd} from './item-end.ts';
import type {ItemWorkflow} from './item-workflow.ts';
import type {ItemLine} from './listed-items.ts';

/** What admission takes of a process. */
export interface AdmissionSurroundings {
  readonly ledger: Ledger;
  readonly clock: () => number;
  /** `user@host:pid` */
  readonly by: string;
  /** Why a job of so long a walltime should not begin at this moment: a reservation that PBS shows. */
  readonly putOff: (item: Pick<ItemWorkflow, 'walltimeSeconds' | 'queues'>) => Promise<string | undefined>;
}

/** What a look knows of runs. */
export interface LookedAt {
  /** runs that it has read, and that have not ended as far as it knows */
  readonly active: ReadonlyMap<RunId, OpenRun>;
  /** runs that this look has published */
  readonly published: RunId[];
  readonly problems: StageError[];
}

/** The runs of a campaign on disk. */
export function itemRuns(campaign: Campaign, around: AdmissionSurroundings, looked: LookedAt): CampaignRuns {
  const {ledger, clock, by} = around;
  const {layout} = campaign;
  const segments = new Map<string, readonly ItemLine[]>();
  const linesOf = (segment: CampaignState['segments'][number]) => {
    const lines = segments.get(segment.segment) ?? campaign.lines(segment);
    segments.set(segment.segment, lines);
    return lines;
  };
  const lineOf = (state: CampaignState, number: number): ItemLine => {
    const segment = segmentOf(state, number);
    const line = linesOf(segment)[number - segment.first];
    if (!line) throw new RangeError(`there is no item ${number}`); // the segment has as many as it says
    return line;
  };
  const workflowOf = (state: CampaignState, number: number) =>
    campaign.workflows(state.definition)(lineOf(state, number).params);
  const hasBegun = (item: ActiveItem): boolean => {
    const id = itemRunId(campaign.name, item);
    const run = looked.active.get(id) ?? openIfPossible(id);
    return run !== undefined && hasBegunToCompute(run);
  };
  return {
    prioritiesOf: async (segment) => linesOf(segment).map(({priority}) => priority),
    async putOff(state, number) {
      if (campaign.definition(state.definition).crossReservations) return undefined;
      return around.putOff(workflowOf(state, number));
    },
    async prepare(state, number, of) {
      const name = `${sixDigits(state.position + 1)}-${newWord()}`;
      const {profile, maxQueued, environment} = campaign.definition(state.definition);
      const {workflow, scripts, scriptHashes, fingerprint} = workflowOf(state, number);
      const spec = {
        name: itemRunName(campaign.name, number),
        workflow,
        scriptHashes,
        fingerprint,
        profile,
        createdAt: clock(),
        createdBy: by,
        host: by.split('@')[1]?.split(':')[0] ?? '',
        maxQueued,
        campaign: {name: campaign.name, number, key: lineOf(state, number).key, try: of},
      };
      ledger.prepareRun(join(layout.prepared, name), of, spec, scripts, environment);
      return name;
    },
    prepared: async () => namesIn(layout.prepared),
    async publish(item) {
      const run = itemRunId(campaign.name, item);
      const did = ledger.publishPrepared(join(layout.prepared, item.prepared), run);
      if (did === 'published') looked.published.push(run);
      if (did === 'taken') looked.problems.push(new RunTaken(campaign.name, item, run));
    },
    discard: async (prepared) => removeIfPossible(join(layout.prepared, prepared)),
    async look(state) {
      const items = [...state.active.values()];
      // A look may be about one run: what the others do matters where something hangs on it.
      const begun = new Set(
        state.bounds.prefetch === undefined ? [] : items.filter(hasBegun).map(({number}) => number),
      );
      return {begun, ends: items.flatMap((item) => endOf(item) ?? [])};
    },
  };

  function endOf(item: ActiveItem): ItemEnded | undefined {
    const run = itemRunId(campaign.name, item);
    if (looked.active.has(run)) return undefined;
    try {
      const newest = ledger.newestSeal(run);
      return newest && itemEnd({...item, seal: newest.number}, newest.summary, openIfPossible(run));
    } catch (error) {
      if (!isRunUnusable(error)) throw error;
      looked.problems.push(error);
      return undefined;
    }
  }

  function openIfPossible(run: RunId): OpenRun | undefined {
    try {
      return ledger.open(run);
    } catch (error) {
      if (!isRunUnusable(error)) throw error;
      return undefined; // it is told by its seal how it ended, and not where it ran
    }
  }
}

/** A job of the run has begun; or it has none, and none is waited for. */
function hasBegunToCompute({state}: OpenRun): boolean {
  const jobs = state.spec.workflow.steps.filter(({kind}) => kind === 'job');
  const starts = jobs.flatMap(({name}) => (state.attempts.get(name) ?? []).flatMap((attempt) => attempt.starts));
  return jobs.length === 0 || starts.some((start) => !start.void);
}

/** An item cannot begin, since a run that is not the campaign's has its name. */
class RunTaken extends StageError {
  constructor(campaign: string, {number}: ActiveItem, run: RunId) {
    super({
      code: 'CAMPAIGN_RUN_TAKEN',
      exit: EXIT.conflict,
      what: `item ${number} of campaign ${campaign} cannot begin: there is a run ${run} already`,
      why: 'it was not created by the campaign',
      next: [`See what it is: stage status ${run}`, 'The item begins when that run has been removed.'],
    });
  }
}
