import type {OpenRun} from '../../ledger/ledger.ts';
import type {RunSummary} from '../../ledger/summary.ts';
import {QSUBS_AT_ONCE} from '../act.ts';
import {linkFirst} from '../chain/before-look.ts';
import {successorOf} from '../chain/place-for-link.ts';
import {tendMonitors} from '../chain/tend-monitors.ts';
import type {Tended, Tending} from '../chain/tending.ts';
import {lookAtJobs} from '../observe.ts';
import {nextLookForPlaces} from '../plan/monitor/next-look.ts';
import type {TaskPlaces} from '../task-places.ts';
import type {LookPlanning} from './planning.ts';
import type {LookState} from './state.ts';

/** The part of a look that sees to the monitor chain: before the queue is filled, and when the look has ended. */
export class LookChain {
  readonly #look: LookState;
  readonly #planning: LookPlanning;
  readonly #taskPlaces: TaskPlaces;
  /** the chain is to be seen to as soon as PBS has taken one job, before it is asked to take more */
  #owesLink = false;

  constructor(look: LookState, planning: LookPlanning, taskPlaces: TaskPlaces) {
    this.#look = look;
    this.#planning = planning;
    this.#taskPlaces = taskPlaces;
  }

  /** Before the queue is filled: see that a link of the monitor chain stands in it, since PBS may take no more jobs then. */
  async linkFirst(): Promise<void> {
    const {monitor} = this.#look.request;
    if (monitor !== undefined) {
      this.#look.link = await successorOf(this.#look.context, monitor, this.#tending(this.#look.runs));
      this.#look.refresh();
      return;
    }
    const submissions = this.#planning
      .planned()
      .flatMap(({actions}) => actions.filter((action) => action.do === 'submit-job'));
    if (submissions.length === 0 || !this.#look.hasChain) return;
    this.#look.isFirst = true;
    // PBS may refuse the first job of a new run for good: then no monitor is needed, either.
    if (submissions.length <= QSUBS_AT_ONCE) this.#owesLink = true;
    else await this.#submitLink();
  }

  async #submitLink(): Promise<void> {
    const link = this.#look.context.monitors.newest();
    if (link?.job && !this.#look.seen.jobs.has(link.job))
      this.#look.seen = await lookAtJobs(this.#look.context, [], link, this.#look.seen);
    this.#look.link = await linkFirst(this.#look.context, this.#tending(this.#look.runs));
  }

  /** The link that waited for the first job to be taken. */
  async submitOwedLink(): Promise<void> {
    if (!this.#owesLink) return;
    this.#owesLink = false;
    await this.#look.progress.recording(() => this.#submitLink(), undefined);
  }

  /** See that the next look comes when it is needed. @returns undefined when there is no chain */
  async tend(sealed: readonly RunSummary[]): Promise<Tended | undefined> {
    if (!this.#look.hasChain) return undefined;
    const ended = new Set(sealed.map(({run}) => run));
    const runs = this.#look.runs.filter(({id}) => !ended.has(id) && !this.#look.others.has(id));
    const states = runs.map(({state}) => state);
    const {bounds} = this.#look.context.settings;
    const {waiting, keptOut} = this.#look.places;
    const late = waiting > 0 ? this.#look.seen.now + bounds.maxMs : undefined;
    const isSoon = waiting > keptOut || this.#look.keepsBack;
    const placesAt = isSoon ? nextLookForPlaces(states, this.#look.seen, bounds) : late;
    const othersAt = this.#taskPlaces.nextLook(this.#look.seen, bounds);
    const {itemsWait, seen, isLeft} = this.#look;
    const itemsAt = itemsWait && seen.now + (itemsWait === 'soon' ? bounds.minMs : bounds.maxMs);
    const leftAt = isLeft ? seen.now + bounds.minMs : undefined;
    const wantedAt = earliest(placesAt, othersAt, itemsAt, leftAt);
    return tendMonitors(this.#look.surroundings, {...this.#tending(runs), placesAt: wantedAt});
  }

  #tending(runs: readonly OpenRun[]): Tending {
    return {
      runs,
      unreadable: this.#look.unreadable,
      others: this.#look.others.size > 0,
      seen: this.#look.seen,
      settings: this.#look.settings,
      me: this.#look.request.monitor,
      insist: this.#look.request.rebuild ?? false,
      stays: this.#look.request.stays ?? false,
      link: this.#look.link,
      problems: this.#look.problems,
    };
  }
}

function earliest(...instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.filter((instant) => instant !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}
