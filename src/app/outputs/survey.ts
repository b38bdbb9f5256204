import {homedir} from 'node:os';
import {mappingsById, type PathMapping, toCluster} from '../../config/map-path.ts';
import {endOf} from '../../ledger/attempts.ts';
import {LedgerDamaged} from '../../ledger/damage.ts';
import type {OpenRun} from '../../ledger/ledger.ts';
import {openRuns} from '../../ledger/open-runs.ts';
import {parseRunId} from '../../ledger/state-directory.ts';
import {type Area, covers, type Judgement, judgeArea, type OwnerState, overlap} from '../../outputs/area.ts';
import type {PathSeen} from '../../outputs/look-at.ts';
import type {OutputsStage} from '../../wiring/stage.ts';
import {placesOf} from '../../workflow/model/steps.ts';
import {HERE} from '../../workflow/model/ways.ts';

/** An area, how its run stands, what lies there, and what follows from that. */
export type Surveyed =
  | {
      readonly is: 'whole';
      readonly area: Area;
      readonly owner: OwnerState;
      /** in the order of its paths; none where it is known to be gone */
      readonly there: readonly PathSeen[];
      readonly judged: Judgement;
    }
  | {readonly is: 'damaged'; readonly name: string; readonly why: string};

/** Asked at once: each is a process, and may wait for a file system. */
const AT_ONCE = 8;

/** All output areas, oldest first. It changes nothing. @param only those of a run, by its id */
export async function survey(stage: OutputsStage, now: number, only?: string): Promise<Surveyed[]> {
  const {areas} = stage.outputs;
  const active = new Set<string>(stage.ledger.activeRuns());
  const reads = areas.names().flatMap((name) => {
    if (only !== undefined && !name.startsWith(`${only}.`)) return [];
    return areas.read(name) ?? [];
  });
  const found: Surveyed[] = [];
  for (let first = 0; first < reads.length; first += AT_ONCE) {
    const some = reads.slice(first, first + AT_ONCE).map(async (read): Promise<Surveyed> => {
      if (read.is === 'damaged') return read;
      const {area} = read;
      const owner = ownerOf(stage, area, active);
      const there = area.gone ? [] : await Promise.all(area.paths.map((path) => stage.outputs.look(path)));
      const absent = !area.gone && owner.is !== 'active' && there.every(({is}) => is === 'absent');
      const judged: Judgement = absent ? {is: 'gone', why: 'it is not on disk any more'} : judgeArea(area, owner, now);
      return {is: 'whole', area, owner, there, judged};
    });
    found.push(...(await Promise.all(some)));
  }
  const protect = await protectedPaths(stage, active);
  return found.map((one) => withObstacle(one, found, protect)).sort((one, other) => begunAt(one) - begunAt(other));
}

function begunAt(one: Surveyed): number {
  return one.is === 'whole' ? one.area.at : 0;
}

/** How the run of an area stands, from the state directory. */
export function ownerOf({ledger}: OutputsStage, {run, step}: Area, active: ReadonlySet<string>): OwnerState {
  const id = parseRunId(run)?.id;
  if (!id || active.has(id)) return id ? {is: 'active'} : {is: 'unknown'};
  const summary = readable(() => ledger.summary(id));
  if (summary === undefined) return {is: ledger.find(id) === undefined ? 'unknown' : 'active'};
  if (summary instanceof LedgerDamaged) return {is: 'unreadable', why: summary.why ?? summary.message};
  const {state, endedAt, steps} = summary;
  const sent = steps.some((each) => each.step === step && each.state === 'succeeded');
  return {is: 'ended', state, at: endedAt, sent, resumes: ledger.timesResumed(id)};
}

function readable<T>(read: () => T): T | LedgerDamaged {
  try {
    return read();
  } catch (error) {
    if (error instanceof LedgerDamaged) return error;
    throw error;
  }
}

interface Protected {
  /** nothing that holds one of these is removed */
  readonly within: readonly {readonly path: string; readonly why: string}[];
  /** nothing that is one of these, holds one or lies in one is removed */
  readonly near: readonly {readonly path: string; readonly run: string}[];
  /** what runs need could not all be learnt */
  readonly unknown?: string | undefined;
}

/** What must not be removed, whatever is on record: directories of people and of stage, and what active runs move. */
async function protectedPaths(stage: OutputsStage, active: ReadonlySet<string>): Promise<Protected> {
  const {profile, ledger, locations} = stage;
  const mappings = profile.paths.length > 0 ? mappingsById(profile.paths, await stage.collections()) : [];
  const {runs, damaged} = openRuns(
    ledger,
    ledger.activeRuns().filter((run) => active.has(run)),
  );
  const [first] = damaged;
  return {
    within: [
      {path: homedir(), why: 'your home directory is in it'},
      {path: locations.home, why: 'the state of stage is in it'},
      ...mappings.map(({cluster}) => ({path: cluster, why: `all that a collection shows of ${cluster} is in it`})),
    ],
    near: runs.flatMap((run) => placesOnCluster(run, mappings).map((path) => ({path, run: run.id}))),
    unknown: first && `it is not known what a run needs that has not ended: ${first.message}`,
  };
}

function placesOnCluster({state}: OpenRun, mappings: readonly PathMapping[]): string[] {
  return state.spec.workflow.steps.flatMap((step) => {
    if (endOf(state, step.name)) return [];
    return placesOf(step).flatMap(
      ({collection, path}) => (collection === HERE ? path : toCluster(mappings, {collection, path})) ?? [],
    );
  });
}

/** What may go by itself, and must not since others need what lies there. */
function withObstacle(one: Surveyed, all: readonly Surveyed[], {within, near, unknown}: Protected): Surveyed {
  if (one.is === 'damaged' || one.judged.is !== 'to-go') return one;
  const {paths, name, seen} = one.area;
  const kept = (why: string): Surveyed => ({...one, judged: {is: 'kept', why: `${one.judged.why}, but ${why}`}});
  if (unknown !== undefined) return kept(unknown);
  if (!seen || seen.found.length === 0)
    return kept(
      'nothing was seen in its place that could be told from other things: remove it by hand, or release it when it is there',
    );
  for (const path of paths) {
    const holds = within.find((each) => covers(path, each.path));
    if (holds) return kept(holds.why);
    const needs = near.find((each) => overlap(path, each.path));
    if (needs) return kept(`${needs.run}, which has not ended, needs ${needs.path}`);
    const shared = all.find(
      (other) =>
        other.is === 'whole' &&
        other.area.name !== name &&
        (other.judged.is === 'active' || other.judged.is === 'kept') &&
        other.area.paths.some((their) => overlap(path, their)),
    );
    if (shared?.is === 'whole') return kept(`what ${shared.area.name} keeps is in the same place`);
  }
  return one;
}
