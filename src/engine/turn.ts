import {EXIT, StageError} from '../errors.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import type {RunSummary} from '../ledger/summary.ts';
import type {RunPlan} from './act.ts';
import type {EngineContext} from './context.ts';
import type {Withdrawn} from './end-run.ts';
import {openFullNotes} from './full-notes.ts';
import type {LookRequest} from './look/request.ts';
import {Look} from './look.ts';
import {PART_KINDS} from './parts/kinds.ts';
import {LOOK_PARTS} from './parts/look-parts.ts';
import type {LookPart} from './parts/part.ts';
import type {Observed} from './plan/actions.ts';
import type {ChainGap} from './plan/monitor/plan-monitor.ts';
import type {Done} from './progress.ts';

export interface Reconciled {
  readonly seen: Observed;
  /** active runs as they are now, and those that ended during this call */
  readonly runs: readonly OpenRun[];
  readonly sealed: readonly RunSummary[];
  /** runs that this call was to create, and that are not created: PBS refused their first job */
  readonly withdrawn: readonly Withdrawn[];
  readonly done: readonly Done[];
  /** what could not be done now; nothing of it is lost */
  readonly problems: readonly StageError[];
  /** when the monitor chain has to look again, in milliseconds; absent when nothing goes on before a person does something, or there is no chain */
  readonly nextAt?: number | undefined;
  /** why no link of the chain is known to be in the queue that would look then; absent when one is, or there is no chain */
  readonly gap?: ChainGap | undefined;
}

/** More than the longest chain of consequences in a workflow of a thousand steps: a look that needs so many has a defect. */
const MAX_ROUNDS = 1000;

/**
 * Look, plan, act, until nothing is left to do: the only way work advances. Every entry point calls this.
 *
 * Any number of processes may do so at once: facts can be created once only, so none does what another did.
 *
 * @param parts what it does in processes of their own
 */
export async function reconcile(
  context: EngineContext,
  request: LookRequest = {},
  parts: readonly LookPart[] = LOOK_PARTS,
): Promise<Reconciled> {
  const look = await Look.begin(context, request, parts);
  const {progress} = look;
  await progress.recording(() => look.admit(), false);
  await progress.recording(() => look.deleteLateJobs(), undefined);
  await progress.recording(() => look.linkFirst(), undefined);
  await planAndAct(look);
  if (await look.hearGlobus()) await planAndAct(look);
  await progress.recording(() => look.makeRoom(), undefined);
  await progress.recording(() => look.recordHolds(), undefined);
  await progress.recording(() => look.seal(), undefined);
  // What has ended in this look leaves room for items of campaigns: a slot is not idle until the next look.
  for (let round = 0; round < MAX_ROUNDS && (await progress.recording(() => look.admit(), false)); round++) {
    await planAndAct(look);
    await progress.recording(() => look.seal(), undefined);
  }
  const tended = await progress.recording(() => look.tendChain(), undefined);
  if (request.until !== undefined) {
    await Promise.all(PART_KINDS.map((kind) => progress.recording(() => look.runParts(kind), undefined)));
  }
  const {runs, sealed, withdrawn} = look;
  const seen = {...look.seen, queue: look.fullQueue};
  noteFull(context, seen, look.isAboutAll);
  const problems = [...look.problems, ...demandsIn(seen)];
  return {seen, runs, sealed, withdrawn, done: progress.done, problems, ...tended};
}

/** For those who ask later without a look of their own. A look that is about some runs leaves what others wait for. */
function noteFull({ledger}: EngineContext, {places, queue}: Observed, isAboutAll: boolean): void {
  const notes = openFullNotes(ledger.layout.cache);
  const before = notes.read();
  const now = {
    places: places && places.waiting > 0 ? places : isAboutAll || places ? undefined : before.places,
    queue: queue ?? (isAboutAll ? undefined : before.queue),
  };
  if (JSON.stringify(now) !== JSON.stringify(before)) notes.write(now);
}

/** What a person has to do before Globus tells of its tasks: one cause stands for all of them. */
function demandsIn({tasks}: Observed): StageError[] {
  for (const seen of tasks.values())
    if (seen.kind === 'no-evidence' && seen.demand instanceof StageError) return [seen.demand];
  return [];
}

async function planAndAct(look: Look): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const plans = await look.planAll();
    const isAny = plans.some(({actions}) => actions.length > 0);
    if (isAny && look.isOver()) return;
    if (isAny) await look.act(plans);
    else if (!(await look.lookAtDependents())) return;
  }
  look.problems.push(new TooManyRounds(await look.planAll()));
}

/** Each round of a look has planned something further. */
class TooManyRounds extends StageError {
  constructor(left: readonly RunPlan[]) {
    super({
      code: 'TOO_MANY_ROUNDS',
      exit: EXIT.defect,
      what: `a look was ended after ${MAX_ROUNDS} rounds, with something left to do`,
      why: 'each round planned something further, which is an internal error of stage',
      next: [
        'Nothing is lost: the next look goes on.',
        'Report it, with what "stage logs RUN" and "stage status" show.',
      ],
      details: left.flatMap(({run, actions}) => actions.map((action) => `${run.id} ${action.step}: ${action.do}`)),
    });
  }
}
