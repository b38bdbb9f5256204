import type {SourceTotals} from '../base/source-totals.ts';
import {ofTheSystem} from '../disk/system-error.ts';
import {StageError} from '../errors.ts';
import {workingAttempt} from '../ledger/attempts.ts';
import type {OpenRun} from '../ledger/ledger.ts';
import {attemptKey, SOURCE_FACT} from '../ledger/run-facts.ts';
import {parseRunId, type RunId} from '../ledger/state-directory.ts';
import type {LimitsDirectory} from '../limits/limits-directory.ts';
import type {ClaimState, LimitEvent, LimitsState} from '../limits/log.ts';
import {standingOf} from '../limits/next-grants.ts';
import {capacitiesToSet, freeOf, type Limits} from '../limits/open-limits.ts';
import {waitsForOthers, whyNotYet} from '../limits/why-not-yet.ts';
import type {EngineContext} from './context.ts';
import {totalsOf} from './perform/list-source.ts';
import type {LimitsSeen, Observed, PlanSettings} from './plan/actions.ts';
import {parseClaimName, usesLimits} from './plan/limits/limit-claims.ts';
import {type HeldClaim, isOver, unlistedSources, wantedClaims} from './plan/limits/plan-claims.ts';

/** Pools, then the slots of a group, then one's own: each is claimed when what comes before it is granted. */
const MOST_PASSES = 6;

/** What a claim of this state directory is, in one of its directories. */
interface Part {
  readonly directory: LimitsDirectory;
  readonly state: LimitsState;
  readonly claim: ClaimState;
}

/** The claims of the runs of one look: made, granted and released before anything is done. */
export class LimitClaims {
  readonly #context: EngineContext;
  readonly #problems: StageError[];
  readonly #sources = new Map<string, SourceTotals>();
  readonly #tried = new Set<string>();
  #told = false;
  #noted = false;
  /** what was known after the last settling: claims of ours by name */
  #parts: ReadonlyMap<string, readonly Part[]> = new Map();
  #trouble: string | undefined;

  constructor(context: EngineContext, problems: StageError[]) {
    this.#context = context;
    this.#problems = problems;
  }

  /**
   * Claim what may begin, release what has ended, and grant what is due, to whomever it is.
   *
   * @returns undefined where none of the runs has to do with limits
   */
  async settle(runs: readonly OpenRun[], seen: Observed, settings: PlanSettings): Promise<LimitsSeen | undefined> {
    const concerned = runs
      .filter(({state}) => usesLimits(state))
      .toSorted(({state: one}, {state: other}) => one.spec.createdAt - other.spec.createdAt);
    const {limits} = this.#context;
    if (concerned.length === 0 || !limits) return undefined;
    await this.#listSources(concerned, seen, settings);
    try {
      return this.#settleAll(limits, concerned, runs, seen, settings);
    } catch (error) {
      const known = error instanceof StageError ? error : ofTheSystem(error);
      if (!known) throw error;
      if (!this.#told) this.#problems.push(known);
      this.#told = true;
      this.#trouble = known.message;
      return {granted: new Set(), waiting: new Map(), waitsForOthers: false, trouble: known.message};
    }
  }

  /** Nothing of a run is held but space whose files may still be there. */
  isFree(run: OpenRun): boolean {
    if (!usesLimits(run.state)) return true;
    if (this.#trouble !== undefined) return false;
    return [...this.#parts].every(([name, parts]) => {
      const claim = parseClaimName(name);
      if (claim?.run !== run.id) return true;
      return 'pool' in claim && parts.every((part) => part.claim.granted);
    });
  }

  #settleAll(
    limits: Limits,
    concerned: readonly OpenRun[],
    runs: readonly OpenRun[],
    seen: Observed,
    settings: PlanSettings,
  ): LimitsSeen {
    const directories = limits.all();
    let now: LimitsSeen = this.#seen(limits, directories, []);
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      const wanted = concerned.flatMap(({state}) => wantedClaims({run: state, seen: {...seen, limits: now}, settings}));
      const before = directories.map((directory) => directory.read().next);
      for (const directory of directories) this.#settleIn(directory, limits, wanted, runs);
      now = this.#seen(limits, directories, wanted);
      if (directories.every((directory, at) => directory.read().next === before[at])) break;
    }
    this.#noteLook(limits, directories);
    this.#trouble = undefined;
    return now;
  }

  #settleIn(directory: LimitsDirectory, limits: Limits, wanted: readonly HeldClaim[], runs: readonly OpenRun[]): void {
    const {by, clock} = this.#context;
    let latest = directory.read();
    directory.settle({
      wanted: (state) => {
        latest = state;
        return this.#eventsFor(directory, state, limits, wanted, runs);
      },
      free: (limit) => freeOf(latest)(limit),
      by,
      clock,
      wrote: (does, state) => this.#journal(does, state, limits.prefix(directory)),
    });
  }

  #eventsFor(
    directory: LimitsDirectory,
    state: LimitsState,
    limits: Limits,
    wanted: readonly HeldClaim[],
    runs: readonly OpenRun[],
  ): LimitEvent[] {
    const prefix = limits.prefix(directory);
    const events: LimitEvent[] = directory.shared ? [] : capacitiesToSet(state, limits.settings.own);
    const over = new Set<string>();
    for (const {key, granted} of state.claims.values()) {
      if (!key.startsWith(prefix) || !this.#isOver(key.slice(prefix.length), granted !== undefined, runs)) continue;
      over.add(key);
      events.push({do: 'release', key, why: 'what it is for has ended'});
    }
    for (const claim of wanted) {
      const key = `${prefix}${claim.name}`;
      const wants = wantsIn(directory, claim, limits);
      if (wants.length === 0 || over.has(key)) continue;
      const there = state.claims.get(key);
      if (there && !sameWants(there.wants, wants)) {
        events.push({do: 'release', key, why: 'it wants something else since'});
      } else if (there) {
        if (!there.granted && there.held !== claim.held) events.push({do: claim.held ? 'hold' : 'unhold', key});
        continue;
      }
      if (claim.held || !this.#isNext(directory, claim, limits)) continue;
      const {id: run = ''} = parseRunId(claim.name.split('/')[0] ?? '') ?? {};
      const who = this.#context.by.replace(/:[0-9]+$/, '');
      events.push({do: 'claim', key, wants, holder: {who, home: limits.home(), run, step: claim.step}});
    }
    return events;
  }

  /** What it wants of the directories before this one is granted. */
  #isNext(directory: LimitsDirectory, claim: HeldClaim, limits: Limits): boolean {
    const all = limits.all();
    return all
      .slice(
        0,
        all.findIndex((each) => each.directory === directory.directory),
      )
      .every((before) => {
        if (wantsIn(before, claim, limits).length === 0) return true;
        return before.read().claims.get(`${limits.prefix(before)}${claim.name}`)?.granted !== undefined;
      });
  }

  /** Read afresh where it is a run that this look has not opened: what is sealed now had claimed before. */
  #isOver(name: string, granted: boolean, runs: readonly OpenRun[]): boolean {
    const claim = parseClaimName(name);
    if (!claim) return false;
    const open = runs.find(({id}) => id === claim.run);
    if (open) return isOver(open.state, name, granted);
    const id = parseRunId(claim.run)?.id;
    const {ledger} = this.#context;
    if (!id || ledger.activeRuns().includes(id)) return false;
    const end = ledger.summary(id);
    if (!end) return false;
    return 'step' in claim || !granted || end.state === 'succeeded';
  }

  #seen(limits: Limits, directories: readonly LimitsDirectory[], wanted: readonly HeldClaim[]): LimitsSeen {
    const parts = new Map<string, Part[]>();
    for (const directory of directories) {
      const state = directory.read();
      const prefix = limits.prefix(directory);
      for (const claim of state.claims.values()) {
        if (!claim.key.startsWith(prefix)) continue;
        const name = claim.key.slice(prefix.length);
        parts.set(name, [...(parts.get(name) ?? []), {directory, state, claim}]);
      }
    }
    this.#parts = parts;
    const granted = new Set(
      [...parts].flatMap(([name, each]) => (each.every(({claim}) => claim.granted) ? [name] : [])),
    );
    const waiting = new Map<string, string>();
    let others = false;
    for (const claim of wanted) {
      const {name, held} = claim;
      const each = parts.get(name) ?? [];
      const needed = directories.filter((directory) => wantsIn(directory, claim, limits).length > 0);
      if (each.length < needed.length) granted.delete(name);
      const part = each.find(({claim: its}) => !its.granted);
      if (part) {
        const standing = standingOf(part.state, part.claim, freeOf(part.state));
        waiting.set(name, whyNotYet(part.state, standing));
        others ||= waitsForOthers(part.state, part.claim, limits.home());
      } else if (!granted.has(name)) waiting.set(name, held ? 'the run is held' : 'it is claimed at the next look');
    }
    return {
      granted,
      waiting,
      waitsForOthers: others,
      sources: this.#sources,
    };
  }

  async #listSources(runs: readonly OpenRun[], seen: Observed, settings: PlanSettings): Promise<void> {
    for (const {id, state} of runs) {
      const limits = {granted: new Set<string>(), waiting: new Map(), waitsForOthers: false, sources: this.#sources};
      for (const {from} of unlistedSources({run: state, seen: {...seen, limits}, settings})) {
        const key = `${id}/${from}`;
        const step = state.spec.workflow.steps.find(({name}) => name === from);
        if (this.#tried.has(key) || step?.kind !== 'transfer') continue;
        this.#tried.add(key);
        const totals = await totalsOf(this.#context, step);
        if (!totals) continue;
        this.#sources.set(key, totals);
        const {number} = workingAttempt(state, from);
        this.#context.ledger.create(id, `${attemptKey(from, number)}.${SOURCE_FACT}`, {...totals});
      }
    }
  }

  #journal(does: readonly LimitEvent[], state: LimitsState, prefix: string): void {
    const {ledger, clock, by} = this.#context;
    for (const event of does) {
      if (!('key' in event) || !event.key.startsWith(prefix)) continue;
      const claim = parseClaimName(event.key.slice(prefix.length));
      const word = ({claim: 'claimed', grant: 'granted', release: 'released'} as Readonly<Record<string, string>>)[
        event.do
      ];
      const run = claim && parseRunId(claim.run)?.id;
      if (!claim || !word || !run) continue;
      const wants = (event.do === 'claim' ? event.wants : state.claims.get(event.key)?.wants) ?? [];
      const what = wants.map(({limit, amount}) => `${amount} of ${limit}`).join(', ');
      const why = event.do === 'release' ? event.why : what;
      const step = 'step' in claim ? {step: claim.step, attempt: claim.attempt} : {};
      ledger.append(run, {at: clock(), event: `limit-${word}`, ...step, why, by});
    }
  }

  #noteLook(limits: Limits, directories: readonly LimitsDirectory[]): void {
    if (this.#noted) return;
    this.#noted = true;
    const who = this.#context.by.replace(/:[0-9]+$/, '');
    for (const directory of directories) directory.noteLook({who, home: limits.home(), at: this.#context.clock()});
  }
}

/** What of a claim is to be had from a directory: one's own limits come first, then those of the group. */
function wantsIn(directory: LimitsDirectory, {wants}: HeldClaim, limits: Limits) {
  const isHere = (limit: string) => {
    const isOwn =
      limits.settings.own.has(limit) || !limits.all().some((each) => each.shared && each.read().capacities.has(limit));
    return directory.shared ? !isOwn : isOwn;
  };
  return Object.entries(wants).flatMap(([limit, amount]) => (isHere(limit) && amount > 0 ? [{limit, amount}] : []));
}

function sameWants(one: ClaimState['wants'], other: ClaimState['wants']): boolean {
  return (
    one.length === other.length &&
    one.every(({limit, amount}, at) => other[at]?.limit === limit && other[at]?.amount === amount)
  );
}

/** Runs of this state directory that wait for a grant: the end of anything may be what they wait for. */
export function runsThatWait({limits}: EngineContext): RunId[] {
  if (!limits?.inUse()) return [];
  try {
    const found = limits.all().flatMap((directory) => {
      const prefix = limits.prefix(directory);
      return [...directory.read().claims.values()].flatMap(({key, granted}) => {
        if (granted || !key.startsWith(prefix)) return [];
        return parseRunId(key.slice(prefix.length).split('/')[0] ?? '')?.id ?? [];
      });
    });
    return [...new Set(found)];
  } catch {
    return []; // they are told of where they are needed
  }
}
