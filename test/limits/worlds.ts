import {type Entry, type EntryRead, type LimitEvent, type LimitsState, NO_ENTRIES} from '../../src/limits/log.ts';
import {type EntryLog, readOn, settle} from '../../src/limits/settle.ts';
import {type Checked, checkLog, type Written} from './check-log.ts';

/**
 * Simulated worlds: processes of two users on several hosts, a directory that they share and one of each user, runs that
 * claim pools and slots, and everything that may happen to them. Another process may look, and this one die, at each
 * read and each write. What the logs say is checked by check-log.ts; that work is done only by who was granted it, here.
 */

/** Numbers below n, the same for the same seed. */
export function chance(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

type DirectoryName = 'shared' | 'own1' | 'own2';
const KEEPERS: Readonly<Record<DirectoryName, number>> = {shared: 1, own1: 1, own2: 2};
const LIMITS: Readonly<Record<DirectoryName, readonly string[]>> = {
  shared: ['licence', 'node', 'scratch'],
  own1: ['mine', 'disk'],
  own2: ['mine', 'disk'],
};
const POOLS = new Set(['scratch', 'disk']);
const RESERVE = 2;
const STRANGER = 3;

interface Stage {
  readonly pool?: {readonly directory: DirectoryName; readonly limit: string; readonly amount: number} | undefined;
  /** slots of each step: those of the shared directory, then those of the user's own */
  readonly steps: readonly (readonly [Readonly<Record<string, number>>, Readonly<Record<string, number>>])[];
}

/** What is on record of a run, and what is true of it. */
interface Run {
  readonly name: string;
  readonly user: 1 | 2;
  readonly stages: readonly Stage[];
  readonly priority: number;
  stage: number;
  step: number;
  attempt: number;
  /** the attempt has begun: it works */
  begun: boolean;
  state: 'active' | 'failed' | 'over';
  held: boolean;
}

class Death extends Error {}

interface Process {
  readonly user: 1 | 2;
  readonly states: Map<DirectoryName, LimitsState>;
  /** what it has read of the runs, perhaps a while ago */
  readonly runs: Map<string, Run>;
  readonly clock: number;
}

export interface Played {
  readonly wrong: readonly string[];
  readonly grants: number;
  readonly mostOvertaken: number;
}

class World {
  readonly roll: (n: number) => number;
  readonly logs = new Map<
    DirectoryName,
    {readonly read: EntryRead; readonly writer: number; readonly rogue: boolean}[]
  >();
  readonly runs: Run[] = [];
  readonly wrong: string[] = [];
  /** bytes that are free beside what stage granted, by directory */
  readonly foreign = new Map<DirectoryName, number>();
  processes: Process[] = [];
  calm = false;
  depth = 0;

  constructor(seed: number) {
    this.roll = chance(seed);
    const {roll} = this;
    for (const directory of Object.keys(KEEPERS) as DirectoryName[]) {
      this.logs.set(directory, []);
      this.foreign.set(directory, 0);
      for (const limit of LIMITS[directory]) this.setCapacity(directory, limit, 1 + roll(4));
    }
    const many = 2 + roll(7);
    for (let index = 0; index < many; index++) this.runs.push(this.newRun(index));
    this.processes = Array.from({length: 2 + roll(3)}, (_, index) => this.newProcess(index % 2 === 0 ? 1 : 2));
  }

  private newRun(index: number): Run {
    const {roll} = this;
    const user = roll(2) === 0 ? 1 : 2;
    const own = user === 1 ? 'own1' : 'own2';
    const slots = (names: readonly string[]) =>
      Object.fromEntries(names.flatMap((name) => (roll(2) === 0 ? [[name, 1 + roll(3)] as const] : [])));
    const stage = (): Stage => {
      const steps = Array.from({length: 1 + roll(2)}, () => [slots(['licence', 'node']), slots(['mine'])] as const);
      if (roll(2) === 0) return {steps};
      const directory = roll(2) === 0 ? 'shared' : own;
      return {pool: {directory, limit: directory === 'shared' ? 'scratch' : 'disk', amount: 1 + roll(4)}, steps};
    };
    const stages = Array.from({length: 1 + roll(2)}, () => stage());
    const priority = roll(3) === 0 ? roll(7) - 3 : 0;
    const state = {stage: 0, step: 0, attempt: 1, begun: false, state: 'active' as const, held: false};
    return {name: `run${index}`, user, stages, priority, ...state};
  }

  newProcess(user: 1 | 2): Process {
    const clock = (this.roll(13) - 6) * 3_600_000;
    return {user, states: new Map(), runs: new Map(), clock};
  }

  setCapacity(directory: DirectoryName, limit: string, size: number): void {
    const capacity = POOLS.has(limit)
      ? {kind: 'pool' as const, size, reserve: RESERVE}
      : {kind: 'slots' as const, size};
    this.write(directory, [{do: 'capacity', limit, capacity}], KEEPERS[directory]);
  }

  write(directory: DirectoryName, does: readonly LimitEvent[], writer: number, rogue = false): void {
    this.log(directory).push({read: {is: 'whole', entry: {by: 'test', at: 0, does}, writer}, writer, rogue});
  }

  log(directory: DirectoryName) {
    return this.logs.get(directory) ?? [];
  }

  /** What the independent reader makes of a log. */
  checked(directory: DirectoryName): Checked {
    const written = this.log(directory).map(({read, writer}, index): Written => {
      return {number: index + 1, writer, does: read.is === 'whole' ? read.entry.does : undefined};
    });
    return checkLog(written, KEEPERS[directory]);
  }

  free(directory: DirectoryName, limit: string): number {
    const size = this.checkedSize(directory, limit);
    return Math.max(0, size + RESERVE - (this.foreign.get(directory) ?? 0));
  }

  private checkedSize(directory: DirectoryName, limit: string): number {
    for (const {read, writer} of [...this.log(directory)].reverse())
      if (read.is === 'whole' && writer === KEEPERS[directory])
        for (const event of read.entry.does)
          if (event.do === 'capacity' && event.limit === limit) return event.capacity.size;
    return 0;
  }

  /** A point at which this process may die, and another may look. */
  between(): void {
    if (this.calm) return;
    if (this.roll(40) === 0) throw new Death();
    if (this.depth < 2 && this.roll(6) === 0) this.lookSomewhere();
  }

  lookSomewhere(): void {
    const at = this.roll(this.processes.length);
    const process = this.processes[at];
    if (!process) return;
    this.depth++;
    try {
      this.look(process);
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      this.processes[at] = this.newProcess(process.user);
    } finally {
      this.depth--;
    }
  }

  /** The log as a process sees it: now and then not its newest entries. */
  logFor(directory: DirectoryName, me: number): EntryLog {
    const log = this.log(directory);
    return {
      keeper: KEEPERS[directory],
      me,
      read: (number) => {
        this.between();
        if (!this.calm && number > log.length - 2 && this.roll(5) === 0) return undefined;
        return log[number - 1]?.read;
      },
      create: (number, entry: Entry) => {
        this.between();
        if (log.length >= number) return false;
        if (log.length + 1 < number) this.wrong.push(`${directory} ${number}: what comes before it is missing`);
        log.push({read: {is: 'whole', entry, writer: me}, writer: me, rogue: false});
        this.between();
        return true;
      },
    };
  }

  /** One look of a process: evidence, claims and grants, acts. */
  look(process: Process): void {
    const {user, states, runs} = process;
    for (const run of this.runs.filter((each) => each.user === user))
      if (this.calm || !runs.has(run.name) || this.roll(5) > 0) runs.set(run.name, {...run});
    const directories = ['shared', user === 1 ? 'own1' : 'own2'] as const;
    for (const directory of directories) {
      const log = this.logFor(directory, user);
      states.set(directory, readOn(log, states.get(directory) ?? NO_ENTRIES));
    }
    for (const directory of directories) {
      const log = this.logFor(directory, user);
      const settled = settle(log, states.get(directory) ?? NO_ENTRIES, {
        wanted: (state) => this.wanted(process, directory, state),
        free: (limit) => (POOLS.has(limit) ? this.free(directory, limit) : undefined),
        by: `user${user}`,
        clock: () => process.clock,
      });
      states.set(directory, settled);
    }
    for (const run of runs.values()) {
      if (run.state !== 'active' || run.begun || run.held) continue;
      if (!this.claimsOf(run).every(({directory, key}) => states.get(directory)?.claims.get(key)?.granted)) continue;
      this.between();
      const real = this.runs.find(({name}) => name === run.name);
      // The start of an attempt is a fact: it is created once.
      const same = real?.attempt === run.attempt && real.step === run.step && real.stage === run.stage;
      if (!real || !same || real.begun || real.state !== 'active') continue;
      real.begun = true;
    }
  }

  /** What must be granted before the step of a run that is next begins, in the order in which it is claimed. */
  claimsOf(run: Run) {
    const own: DirectoryName = run.user === 1 ? 'own1' : 'own2';
    const stage = run.stages[run.stage];
    const step = stage?.steps[run.step];
    const slots = ([directory, amounts]: readonly [DirectoryName, Readonly<Record<string, number>>]) => {
      const wants = Object.entries(amounts).map(([limit, amount]) => ({limit, amount}));
      const key = `${run.user}/${run.name}/${run.stage}.${run.step}/${run.attempt}`;
      return wants.length > 0 ? [{directory, key, wants}] : [];
    };
    const pool = stage?.pool;
    return [
      ...(pool
        ? [
            {
              directory: pool.directory,
              key: `${run.user}/${run.name}/pool/${run.stage}`,
              wants: [{limit: pool.limit, amount: pool.amount}],
            },
          ]
        : []),
      ...(step ? [...slots(['shared', step[0]]), ...slots([own, step[1]])] : []),
    ];
  }

  wanted({user, runs, states}: Process, directory: DirectoryName, state: LimitsState): LimitEvent[] {
    const events: LimitEvent[] = [];
    for (const run of runs.values()) {
      const all = this.claimsOf(run);
      if (run.state !== 'active') continue;
      for (const [at, claim] of all.entries()) {
        const before = all.slice(0, at);
        const isNext = before.every(
          (each) => (each.directory === directory ? state : states.get(each.directory))?.claims.get(each.key)?.granted,
        );
        if (claim.directory !== directory) continue;
        const there = state.claims.get(claim.key);
        const holder = {who: `user${user}`, home: `home${user}`, run: run.name};
        if (!there && isNext && !run.begun && !run.held)
          events.push({do: 'claim', key: claim.key, wants: claim.wants, priority: run.priority, holder});
        if (there && !there.granted && there.held !== run.held)
          events.push({do: run.held ? 'hold' : 'unhold', key: claim.key});
      }
    }
    for (const {key, holder} of state.claims.values())
      if (holder.home === `home${user}` && this.hasEnded(runs, key))
        events.push({do: 'release', key, why: 'it has ended'});
    if (user === KEEPERS[directory]) for (const entry of state.unreadable.keys()) events.push({do: 'void', entry});
    return events;
  }

  /** On record, as far as the process has read, what the claim is for has ended. A run that it has not read that far keeps it. */
  hasEnded(runs: ReadonlyMap<string, Run>, key: string): boolean {
    const [, name = '', where = '', rest = ''] = key.split('/');
    const run = runs.get(name);
    if (!run) return false;
    if (run.state === 'over') return true;
    if (where === 'pool') return Number(rest) < run.stage;
    const [stage = 0, step = 0] = where.split('.').map(Number);
    if (stage !== run.stage) return stage < run.stage;
    if (step !== run.step) return step < run.step;
    return Number(rest) < run.attempt;
  }

  /** Something that no process of stage does. */
  happen(): void {
    const {roll} = this;
    const run = this.runs[roll(this.runs.length)];
    if (!run) return;
    switch (roll(9)) {
      case 0:
      case 1:
      case 2:
      case 3:
        this.end(run, roll(4) === 0);
        break;
      case 4:
        run.held = !run.held;
        break;
      case 5:
        if (run.state === 'failed') this.goOn(run, roll(2) === 0);
        break;
      case 6: {
        const directory = (['shared', 'own1', 'own2'] as const)[roll(3)] ?? 'shared';
        const names = LIMITS[directory];
        this.setCapacity(directory, names[roll(names.length)] ?? 'mine', roll(6));
        break;
      }
      case 7:
        this.foreign.set((['shared', 'own1', 'own2'] as const)[roll(3)] ?? 'shared', roll(4));
        break;
      case 8:
        this.trespass(run);
        break;
    }
  }

  /** Another user of the group writes what is none of theirs, or what nobody can read. */
  trespass(run: Run): void {
    const key = this.claimsOf(run)[0]?.key ?? 'none';
    const events: readonly LimitEvent[] = [
      {do: 'release', key, why: 'x'},
      {do: 'hold', key},
      {do: 'capacity', limit: 'licence', capacity: {kind: 'slots', size: 99}},
      {do: 'capacity', limit: 'scratch', capacity: {kind: 'pool', size: 99, reserve: 0}},
      {do: 'grant', key, free: {scratch: 99, disk: 99}},
      {do: 'grant', key: 'nobody'},
      {do: 'claim', key, wants: [{limit: 'node', amount: 1}], holder: {who: 'x', home: 'x'}},
      {do: 'claim', key: `${STRANGER}/large`, wants: [{limit: 'node', amount: 40}], holder: {who: 'x', home: 'x'}},
      ...[1, 2].map((amount): LimitEvent => {
        return {do: 'claim', key: `${STRANGER}/x`, wants: [{limit: 'node', amount}], holder: {who: 'x', home: 'x'}};
      }),
      {do: 'void', entry: 1},
    ];
    const at = this.roll(events.length + 1);
    const event = events[at];
    if (event) this.write('shared', [event], STRANGER, true);
    else
      this.log('shared').push({
        read: {is: 'unreadable', path: 'x', why: 'it is cut short', writer: STRANGER},
        writer: STRANGER,
        rogue: true,
      });
  }

  /** The work of a run ends, on evidence. */
  end(run: Run, badly: boolean): void {
    if (!run.begun || run.state !== 'active') return;
    run.begun = false;
    if (badly) {
      run.attempt++;
      if (this.roll(2) === 0) run.state = 'failed';
      return;
    }
    run.step++;
    if (run.step < (run.stages[run.stage]?.steps.length ?? 0)) return;
    run.step = 0;
    run.stage++;
    if (run.stage >= run.stages.length) run.state = 'over';
  }

  /** A failed run is resumed, or its outputs are removed. */
  goOn(run: Run, resumed: boolean): void {
    run.state = resumed ? 'active' : 'over';
    if (resumed) run.attempt++;
  }

  /** Only what was granted works. */
  checkWork(when: string): void {
    const {calm} = this;
    this.calm = true;
    const checks = new Map([...this.logs.keys()].map((directory) => [directory, this.checked(directory)] as const));
    for (const run of this.runs.filter(({begun}) => begun)) {
      const lacks = this.claimsOf(run).find(({directory, key}) => !checks.get(directory)?.held.has(key));
      if (lacks) this.wrong.push(`${when}: ${run.name} works without ${lacks.key}`);
    }
    for (const [directory, {wrong, held}] of checks) {
      const log = this.log(directory);
      for (const {entry, what} of wrong)
        if (!log[entry - 1]?.rogue) this.wrong.push(`${when}: ${directory} ${entry}: ${what}`);
      // What the program thinks is held is what the independent reader says.
      const state = readOn(this.logFor(directory, KEEPERS[directory]), NO_ENTRIES);
      const own = [...state.claims.values()].flatMap(({key, granted}) => (granted ? [key] : []));
      if (own.length !== held.size || own.some((key) => !held.has(key)))
        this.wrong.push(`${when}: ${directory}: ${own.join(' ')} are held, or ${[...held].join(' ')}`);
    }
    this.calm = calm;
  }

  /** Where everybody has looked, nothing waits that finds room and before which nothing waits. */
  checkRoom(): void {
    for (const directory of this.logs.keys()) {
      const {waiting, wants, sums, sizes} = this.checked(directory);
      const state = readOn(this.logFor(directory, KEEPERS[directory]), NO_ENTRIES);
      const eligible = waiting.filter((key) => {
        const fits = wants.get(key)?.every(({limit, amount}) => amount <= (sizes.get(limit) ?? 0));
        return fits && !state.claims.get(key)?.held;
      });
      const names = new Map(eligible.map((key) => [key, (wants.get(key) ?? []).map(({limit}) => limit)]));
      const alone = eligible.filter((key) =>
        eligible.every((other) => other === key || !names.get(other)?.some((name) => names.get(key)?.includes(name))),
      );
      for (const key of alone) {
        const hasRoom = wants.get(key)?.every(({limit, amount}) => {
          const left = (sizes.get(limit) ?? 0) - (sums.get(limit) ?? 0);
          return amount <= left && (!POOLS.has(limit) || this.free(directory, limit) >= amount + RESERVE);
        });
        if (hasRoom) this.wrong.push(`${directory}: ${key} waits while there is room`);
      }
    }
  }
}

/** Play one world. Its seed is all that it depends on. */
export function playWorld(seed: number): Played {
  if (seed % 50 === 7) return playCrowd(seed);
  const world = new World(seed);
  for (let round = 0; round < 60 && world.wrong.length === 0; round++) {
    if (world.roll(2) === 0) world.happen();
    else world.lookSomewhere();
    if (round % 4 === 0) world.checkWork(`round ${round}`);
  }
  calmDown(world);
  const checks = [...world.logs.keys()].map((directory) => world.checked(directory));
  return {
    wrong: world.wrong,
    grants: checks.reduce((sum, {grants}) => sum + grants, 0),
    mostOvertaken: Math.max(...checks.map(({mostOvertaken}) => mostOvertaken)),
  };
}

/** One slot, a claim of low priority, and a stream of others that never ends: it is granted all the same. */
function playCrowd(seed: number): Played {
  const roll = chance(seed);
  const entries: {readonly read: EntryRead; readonly writer: number}[] = [];
  const log: EntryLog = {
    keeper: 1,
    me: 1,
    read: (number) => entries[number - 1]?.read,
    create(number, entry) {
      if (entries.length >= number) return false;
      entries.push({read: {is: 'whole', entry, writer: 1}, writer: 1});
      return true;
    },
  };
  const claim = (key: string, priority: number): LimitEvent => {
    return {do: 'claim', key: `1/${key}`, wants: [{limit: 'slot', amount: 1}], priority, holder: {who: 'x', home: 'x'}};
  };
  let state = NO_ENTRIES;
  let came = 0;
  for (let round = 0; round < 130; round++) {
    const [taken] = [...state.claims.values()].filter(({granted}) => granted);
    const does: LimitEvent[] = [
      ...(round === 0 ? [{do: 'capacity', limit: 'slot', capacity: {kind: 'slots', size: 1}} as const] : []),
      ...(round === 2 ? [claim('low', -9)] : []),
      ...(taken ? [{do: 'release', key: taken.key, why: 'x'} as const] : []),
      ...Array.from({length: 1 + roll(2)}, () => claim(`${came++}`, roll(5))),
    ];
    const before = entries.length;
    const wanted = () => (entries.length === before ? does : []);
    state = settle(log, state, {wanted, free: () => undefined, by: 'x', clock: () => 0});
  }
  const {wrong, held, waiting, mostOvertaken, grants} = checkLog(
    entries.map(({read, writer}, at) => ({number: at + 1, writer, does: read.is === 'whole' ? read.entry.does : []})),
    1,
  );
  const late = held.has('1/low') || !waiting.includes('1/low') ? [] : ['the claim of low priority waits for ever'];
  return {wrong: [...wrong.map(({what}) => what), ...late], grants, mostOvertaken};
}

/** Troubles are over, and people do what is theirs: everything ends, since nothing waits for ever. */
function calmDown(world: World): void {
  world.calm = true;
  world.processes = [world.newProcess(1), world.newProcess(2)];
  for (const run of world.runs) run.held = false;
  for (const directory of world.logs.keys()) {
    world.foreign.set(directory, 0);
    for (const limit of LIMITS[directory]) world.setCapacity(directory, limit, 4);
  }
  const all = () => world.runs.every(({state}) => state === 'over');
  const most = 20 + 12 * world.runs.length;
  for (let round = 0; round < most && !all() && world.wrong.length === 0; round++) {
    // Slots of one directory are claimed when those of the other are granted: a look for each.
    for (let look = 0; look < 4; look++) for (const process of world.processes) world.look(process);
    world.checkWork(`calm ${round}`);
    world.checkRoom();
    const working = world.runs.filter(({begun}) => begun);
    const ends = working[world.roll(Math.max(1, working.length))];
    if (ends) world.end(ends, false);
    for (const key of world.checked('shared').wants.keys())
      if (key.startsWith(`${STRANGER}/`)) world.write('shared', [{do: 'release', key, why: 'a person frees it'}], 1);
    for (const run of world.runs) if (run.state === 'failed') world.goOn(run, world.roll(2) === 0);
  }
  for (const {name, state} of world.runs)
    if (state !== 'over' && world.wrong.length === 0) world.wrong.push(`${name} waits for ever`);
}

/** Play worlds until one goes wrong. @returns undefined when none did */
export function explore(worlds: number, seed: number): {readonly seed: number; readonly wrong: string} | undefined {
  for (let world = seed; world < seed + worlds; world++) {
    try {
      const [wrong] = playWorld(world).wrong;
      if (wrong) return {seed: world, wrong};
    } catch (error) {
      return {seed: world, wrong: String(error)};
    }
  }
  return undefined;
}
