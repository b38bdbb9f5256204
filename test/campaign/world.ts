import type {RunsSeen} from '../../src/campaign/admission.ts';
import {type Advanced, advance, type CampaignLog, type CampaignRuns, decide} from '../../src/campaign/advance.ts';
import type {Change, ItemEnd, ItemEnded, LogEntry} from '../../src/campaign/changes.ts';
import {type ActiveItem, accounts, apply, begin, type CampaignState, endIsOnRecord} from '../../src/campaign/fold.ts';
import {type Chance, chanceOf} from '../support/chance.ts';

/** A run as it really is. It may be gone: packed, or removed. */
interface Run {
  readonly number: number;
  readonly try: number;
  begun: boolean;
  /** how it ended, by how often it had been resumed then; it may be resumed before it has ended, too */
  readonly seals: Map<number, ItemEnded>;
  /** how often it was resumed */
  resumed: number;
  gone: boolean;
}

/** A process: it takes its steps when the world lets it, sees what is old, and may die between any two. */
interface Process {
  readonly id: number;
  readonly skewMs: number;
  /** entries of the log that it has been shown */
  shown: number;
  go: (() => void) | undefined;
  stopped: Promise<void>;
  stop: () => void;
  over: boolean;
}

/** A fault that is planted into a world, to see that it is found. */
export type Fault = (log: CampaignLog, runs: CampaignRuns, world: World) => {log: CampaignLog; runs: CampaignRuns};

export interface Played {
  readonly wrong: readonly string[];
  readonly entries: readonly LogEntry[];
  readonly counts: Readonly<Record<string, number>>;
}

const DECISIONS = [
  'pause',
  'resume',
  'resume',
  'cancel',
  'retry',
  'retry',
  'retry',
  'update',
  'items',
  'reopen',
  'reopen',
];

const HOUR_MS = 3_600_000;

/**
 * One campaign, several processes that admit and decide at once, late and stale readers, deaths, and runs that end, are
 * resumed, packed and removed meanwhile. What the world holds is the truth; processes see it late.
 */
export class World {
  readonly entries: LogEntry[] = [];
  readonly runs = new Map<string, Run>();
  readonly prepared = new Map<string, {readonly number: number; readonly try: number}>();
  readonly wrong: string[] = [];
  readonly chance: Chance;
  /** nothing is late any more: what is left to do is brought to its end */
  calm = false;
  #now = 1_000_000;
  #words = 0;
  #processes: Process[] = [];
  #segments: number[][] = [];
  readonly #everPrepared: string[] = [];
  readonly #states: CampaignState[] = [];
  readonly counts = {died: 0, pruned: 0, lost: 0};

  constructor(seed: number) {
    this.chance = chanceOf(seed);
  }

  get truth(): CampaignState {
    return this.#at(this.entries.length);
  }

  /** The campaign after so many entries. */
  #at(position: number): CampaignState {
    for (let known = this.#states.length; known < position; known++) {
      const entry = this.entries[known];
      const before = this.#states[known - 1];
      if (entry) this.#states.push(before ? apply(before, entry) : begin(entry));
    }
    const state = this.#states[position - 1];
    if (!state) throw new RangeError('the campaign has not begun');
    return state;
  }

  async play(steps: number, fault: Fault | undefined): Promise<Played> {
    const {chance} = this;
    this.#create();
    for (let taken = 0; taken < steps; taken++) {
      if (this.#processes.length < 4 && chance.once(2)) this.#spawn(fault);
      else if (this.#processes.length > 0 && !chance.once(4)) await this.#step();
      else this.#happens();
    }
    await this.#quiesce(fault);
    return {wrong: this.wrong, entries: this.entries, counts: this.counts};
  }

  #create(): void {
    const {chance} = this;
    const changes: Change[] = [this.#bounds()];
    this.entries.push({at: this.#now, by: 'person', changes});
    this.#addItems(this.entries, 1 + chance.below(9));
  }

  #bounds(): Change {
    const {chance} = this;
    return {
      is: 'defined',
      definition: `d${chance.below(3)}`,
      maxActive: 1 + chance.below(4),
      prefetch: chance.once(2) ? undefined : 1 + chance.below(2),
      pauseAfter: chance.once(3) ? 2 : 0,
    };
  }

  /** A person's list of items, as one entry. */
  #addItems(entries: LogEntry[], count: number): void {
    entries.push({at: this.#now, by: 'person', changes: [this.#segment(count)]});
  }

  #segment(count: number): Change {
    const segments = this.entries.flatMap(({changes}) => changes.filter((change) => change.is === 'items'));
    const last = segments.at(-1);
    const first = last ? last.first + last.count : 1;
    const mixed = this.chance.once(2);
    const priorities = Array.from({length: count}, () => (mixed ? this.chance.below(3) : 0));
    this.#segments.push(priorities);
    const segment = `${this.#segments.length - 1}`;
    return {is: 'items', segment, first, count, priority: mixed ? undefined : 0};
  }

  #spawn(fault: Fault | undefined): void {
    const process = this.#newProcess();
    const ports = this.#portsOf(process);
    const {log, runs} = fault ? fault(ports.log, ports.runs, this) : ports;
    const writer = {clock: () => this.#now + process.skewMs, by: `p${process.id}`};
    const decision = this.chance.once(4) && !this.calm ? this.#decision() : undefined;
    const work: Promise<unknown> = decision
      ? turn(process).then(() => decide(log, writer, decision))
      : turn(process).then((): Promise<Advanced> => advance(log, runs, writer));
    work
      .catch((error: unknown) => this.wrong.push(`p${process.id}: ${String(error)}`))
      .finally(() => {
        process.over = true;
        process.stop();
      });
    this.#processes.push(process);
  }

  #newProcess(): Process {
    const process: Process = {
      id: this.#words++,
      skewMs: (this.chance.below(13) - 6) * HOUR_MS,
      shown: this.calm ? this.entries.length : 1 + this.chance.below(this.entries.length),
      go: undefined,
      stopped: Promise.resolve(),
      stop: () => {},
      over: false,
    };
    return process;
  }

  /** One process goes on to its next step, or dies where it stands. */
  async #step(): Promise<void> {
    const {chance} = this;
    const process = chance.pick(this.#processes);
    if (!process) return;
    if (!this.calm && chance.once(40)) {
      this.#processes = this.#processes.filter((one) => one !== process);
      this.counts.died++;
      return; // what it awaits never comes
    }
    for (let waits = 0; process.go === undefined && !process.over && waits < 50; waits++) await Promise.resolve();
    const {go} = process;
    process.go = undefined;
    const stopped = new Promise<void>((resolve) => {
      process.stop = resolve;
    });
    if (process.over) process.stop();
    go?.();
    await stopped;
    if (process.over) this.#processes = this.#processes.filter((one) => one !== process);
  }

  /** Something happens to the runs, by the engine, the batch system or a person who prunes. */
  #happens(): void {
    const {chance} = this;
    this.#now += chance.below(60_000);
    const run = chance.pick([...this.runs.values()].filter(({gone}) => !gone));
    if (!run) return;
    const isOpen = !run.seals.has(run.resumed);
    if (isOpen && chance.once(10)) run.resumed++;
    else if (isOpen && !run.begun) run.begun = true;
    else if (isOpen) this.#seal(run);
    else if (chance.once(5)) this.#prune(run);
  }

  #seal(run: Run): void {
    const state: ItemEnd = this.chance.pick(['succeeded', 'succeeded', 'failed', 'failed', 'cancelled']) ?? 'failed';
    const host = this.chance.pick(['n1', 'n2']);
    const seal = run.resumed;
    const why = this.chance.once(2) ? 'exit status 1' : 'exit status 2';
    run.seals.set(seal, {
      is: 'ended',
      number: run.number,
      try: run.try,
      seal,
      state,
      why,
      at: this.#now,
      host,
      seconds: 5,
    });
  }

  /** A pruner may read an old log, too. */
  #prune(run: Run): void {
    const state = this.#at(1 + this.chance.below(this.entries.length));
    if (endIsOnRecord(state, {...run, seal: run.resumed})) {
      run.gone = true;
      this.counts.pruned++;
    }
  }

  /** What a person asks for. */
  #decision(): (state: CampaignState) => readonly Change[] {
    const {chance} = this;
    const what = chance.pick(DECISIONS);
    const which = chance.below(8);
    return (state) => {
      const ended = this.#endedIn(state);
      const one = ended[which % Math.max(1, ended.length)];
      switch (what) {
        case 'pause':
          return state.paused ? [] : [{is: 'paused'}];
        case 'cancel':
          return state.cancelled ? [] : [{is: 'cancelled'}];
        case 'resume':
          return state.paused || state.cancelled ? [{is: 'resumed'}] : [];
        case 'retry':
          return one ? [{is: 'retried', number: one.number, try: one.try + 1, was: one.state}] : [];
        case 'reopen':
          if (!one || state.active.size >= state.bounds.maxActive) return [];
          return [{is: 'reopened', number: one.number, try: one.try, seal: one.seal + 1, was: one.state}];
        case 'update':
          return [this.#bounds()];
        default:
          return [this.#nextSegment(state)];
      }
    };
  }

  #nextSegment(state: CampaignState): Change {
    const made = this.#segment(1 + this.chance.below(4));
    const last = state.segments.at(-1);
    return made.is === 'items' ? {...made, first: last ? last.first + last.count : 1} : made;
  }

  /** The last end of each item that has ended, as the log says up to a state. */
  #endedIn(state: CampaignState): ItemEnded[] {
    const last = new Map<number, ItemEnded>();
    for (const {changes} of this.entries.slice(0, state.position))
      for (const change of changes) {
        if (change.is === 'ended') last.set(change.number, change);
        if (change.is === 'retried' || change.is === 'reopened') last.delete(change.number);
      }
    return [...last.values()];
  }

  #portsOf(process: Process): {log: CampaignLog; runs: CampaignRuns} {
    const {chance} = this;
    /** Before each effect the process may be held up for as long as the world likes. */
    const step = async () => {
      await turn(process);
      if (this.calm || chance.once(2)) process.shown = this.entries.length;
    };
    const isShown = () => this.calm || !chance.once(4);
    return {
      log: {
        read: async () => {
          await step();
          return this.#at(process.shown);
        },
        further: async (state) => {
          await step();
          process.shown = Math.max(process.shown, state.position + 1); // the one that was there when this process was refused
          return this.#at(process.shown);
        },
        append: async (position, entry) => {
          await step();
          if (this.entries.length >= position) {
            this.counts.lost++;
            return false;
          }
          this.append(entry);
          process.shown = this.entries.length;
          await turn(process); // it may die before it knows
          return true;
        },
      },
      runs: {
        prioritiesOf: async ({segment}) => {
          await step();
          return this.#segments[Number(segment)] ?? [];
        },
        putOff: async () => undefined,
        prepare: async ({position}, number, of) => {
          await step();
          const name = `${position + 1}-${this.#words++}`;
          this.prepared.set(name, {number, try: of});
          this.#everPrepared.push(name);
          return name;
        },
        prepared: async () => {
          await step();
          // What was there a while ago may be shown still, and what is there may not be shown yet.
          const old = this.calm ? [] : this.#everPrepared.filter(() => chance.once(8));
          return [...new Set([...this.prepared.keys(), ...old])].filter(isShown);
        },
        publish: async (item) => {
          await step();
          if (this.prepared.delete(item.prepared)) this.publish(item);
        },
        discard: async (name) => {
          await step();
          this.prepared.delete(name);
        },
        look: async ({active}) => {
          await step();
          return this.#look([...active.values()], isShown);
        },
      },
    };
  }

  append(entry: LogEntry): void {
    const before = this.truth;
    this.entries.push(entry);
    const now = this.truth;
    const admits = entry.changes.filter(({is}) => is === 'admitted').length;
    if (admits === 0) {
      for (const change of entry.changes)
        if (change.is === 'reopened') this.#resume(change.number, change.try, change.seal);
      return;
    }
    const {maxActive, prefetch} = now.bounds;
    if (now.active.size > maxActive) this.wrong.push(`${now.active.size} are active, and at most ${maxActive} may be`);
    if (before.paused || before.cancelled) this.wrong.push('items are admitted while the campaign is stopped');
    const ahead = [...now.active.values()].filter((item) => !this.runs.get(nameOf(item))?.begun).length;
    if (prefetch !== undefined && ahead > prefetch)
      this.wrong.push(`${ahead} are ahead, and at most ${prefetch} may be`);
  }

  #resume(number: number, of: number, seal: number): void {
    const run = this.runs.get(nameOf({number, try: of}));
    if (!run) {
      this.wrong.push(`item ${number} is resumed, and has no run`);
      return;
    }
    run.resumed = seal;
    run.gone = false; // unpacked
  }

  publish({number, try: of}: Pick<ActiveItem, 'number' | 'try'>): void {
    const name = nameOf({number, try: of});
    if (this.runs.has(name)) this.wrong.push(`${name} runs twice`);
    this.runs.set(name, {number, try: of, begun: false, seals: new Map(), resumed: 0, gone: false});
  }

  #look(active: readonly ActiveItem[], isShown: () => boolean): RunsSeen {
    const runs = active.flatMap((item) => this.runs.get(nameOf(item)) ?? []).filter(({gone}) => !gone);
    // A reader that is late sees how a run had ended before it was resumed.
    const newest = (run: Run) => (isShown() ? run.seals.get(run.resumed) : [...run.seals.values()][0]);
    const ends = runs.flatMap((run) => newest(run) ?? []).filter(() => isShown());
    return {ends, begun: new Set(runs.filter((run) => run.begun && isShown()).map(({number}) => number))};
  }

  /** All processes end, nothing is late any more, and the campaign is looked at until nothing changes. */
  async #quiesce(fault: Fault | undefined): Promise<void> {
    this.#processes = [];
    this.calm = true;
    const {paused, cancelled} = this.truth;
    if (paused || cancelled) this.append({at: this.#now, by: 'person', changes: [{is: 'resumed'}]});
    const free: Change = {is: 'defined', definition: 'd', maxActive: 3, pauseAfter: 0};
    this.append({at: this.#now, by: 'person', changes: [free]});
    for (let rounds = 0; rounds < 200; rounds++) {
      const before = this.entries.length;
      this.#spawn(fault);
      for (let steps = 0; this.#processes.length > 0 && steps < 1_000; steps++) await this.#step();
      for (const run of this.runs.values()) {
        if (run.gone || run.seals.has(run.resumed)) continue;
        run.begun = true;
        this.#seal(run);
      }
      const {waiting, active} = accounts(this.truth);
      if (waiting + active === 0) break;
      if (this.entries.length === before && rounds > 150) break;
    }
    this.#account();
  }

  /** Every item has ended, as its last run says, and none was forgotten. */
  #account(): void {
    const state = this.truth;
    const {waiting, active, ...ended} = accounts(state);
    const last = state.segments.at(-1);
    const all = last ? last.first + last.count - 1 : 0;
    const sum = Object.values(ended).reduce((one, other) => one + other, 0);
    if (waiting > 0 || active > 0) this.wrong.push(`${waiting} items wait and ${active} are active at the end`);
    if (sum !== all) this.wrong.push(`${sum} items have ended, and there are ${all}`);
    const ends = this.#endedIn(state);
    if (ends.length !== all) this.wrong.push(`${ends.length} ends are on record, and there are ${all} items`);
    for (const end of ends) {
      const really = this.runs.get(nameOf(end))?.seals.get(end.seal);
      if (really?.state !== end.state) this.wrong.push(`item ${end.number} is on record as ${end.state}, and is not`);
    }
    for (const state of ['succeeded', 'failed', 'cancelled'] as const)
      if (ends.filter((end) => end.state === state).length !== ended[state])
        this.wrong.push(`${state} is counted wrong`);
    if (this.prepared.size > 0) this.wrong.push(`${this.prepared.size} prepared runs are left`);
  }
}

/** A process waits until the world lets it go on. */
function turn(process: Process): Promise<void> {
  return new Promise((resolve) => {
    process.go = resolve;
    process.stop();
  });
}

function nameOf(item: {readonly number: number; readonly try: number}): string {
  return `${item.number}.${item.try}`;
}

/** One world, from its seed. */
export async function playWorld(seed: number, fault?: Fault): Promise<Played> {
  const world = new World(seed);
  try {
    return await world.play(100 + world.chance.below(500), fault);
  } catch (error) {
    // The log contradicts itself.
    return {wrong: [...world.wrong, String(error)], entries: world.entries, counts: world.counts};
  }
}

/** Play worlds from a seed on. @returns the first that goes wrong */
export async function explore(
  worlds: number,
  seed: number,
): Promise<{readonly seed: number; readonly wrong: string} | undefined> {
  for (let at = seed; at < seed + worlds; at++) {
    const {wrong} = await playWorld(at);
    if (wrong.length > 0) return {seed: at, wrong: wrong.join('; ')};
  }
  return undefined;
}
