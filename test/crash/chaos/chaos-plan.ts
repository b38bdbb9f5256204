import type {KindName} from '../../support/scenarios.ts';
import {type Random, randomOf} from './random.ts';
import {type RandomGraph, randomGraph} from './random-graph.ts';

/** What is done to a world, and when, counted from the first command. */
export interface ChaosPlan {
  readonly seed: number;
  readonly runs: readonly KindName[];
  /** unrelated to those and to each other */
  readonly graphs: readonly RandomGraph[];
  /** the state directory is on a small disk of its own, where one can be mounted */
  readonly smallDisk: boolean;
  /** no command comes after the last trouble: what is under way ends by itself */
  readonly silent: boolean;
  readonly troubles: readonly {readonly atMs: number; readonly trouble: Trouble}[];
  /** from then on nothing is done any more */
  readonly calmAtMs: number;
}

export type Trouble =
  /** the next process that comes there dies: a boundary's name, with a run's number in `runs`, or for any run */
  | {readonly do: 'death'; readonly pick: number; readonly run: number}
  /** the queue is emptied without a trace */
  | {readonly do: 'wipe'}
  /** both stand-ins are killed; whoever needs them next starts them again */
  | {readonly do: 'kill'}
  | {
      readonly do: 'outage';
      readonly target: string;
      readonly mode: string;
      readonly rate: number;
      readonly seconds: number;
    }
  | {readonly do: 'expire'; readonly seconds: number}
  /** several commands at the same instant; `run N` stands for making the N-th run so once more */
  | {readonly do: 'commands'; readonly commands: readonly Command[]}
  /** one process dies, whichever it is */
  | {readonly do: 'kill-one'; readonly pick: number}
  /** a third of the processes stand still */
  | {readonly do: 'freeze'; readonly pick: number; readonly seconds: number}
  /** the small disk takes nothing for a while */
  | {readonly do: 'disk'; readonly how: 'full' | 'read-only'; readonly seconds: number}
  /** a job that has begun is in the queue once more, as after a server came back from a backup */
  | {readonly do: 'double'; readonly run: number};

export type Command = {readonly run: number} | {readonly argv: readonly string[]};

const RUNS: readonly [KindName, ...KindName[]] = [
  'classic',
  'classic',
  'waiting',
  'failing',
  'array',
  'graph',
  'cancelled',
  'held',
  'resumed',
  'updated',
];

const OUTAGES: readonly [readonly [string, string], ...(readonly [string, string])[]] = [
  ['pbs', 'down'],
  ['pbs', 'hang'],
  ['pbs', 'late'],
  ['pbs', 'lost'],
  ['pbs', 'refuse'],
  ['pbs', 'garbage'],
  ['pbs', 'half'],
  ['pbs-db', 'down'],
  ['globus', 'down'],
  ['globus', '429'],
  ['globus', '500'],
  ['globus', '503'],
  ['globus', 'timeout'],
  ['globus', 'reset'],
  ['globus', 'html'],
  ['globus', 'half'],
  ['globus', 'garbage'],
  ['globus', 'lost'],
];

const SPAN_MS = 9_000;

/** Pure: the same seed gives the same plan. */
export function chaosPlan(seed: number): ChaosPlan {
  const random = randomOf(seed);
  const silent = seed % 3 === 0;
  const smallDisk = random.chance(0.4);
  const graphs = Array.from({length: random.between(1, 2)}, (_, index) => randomGraph(`g${index}`, random));
  const runs = Array.from({length: random.between(silent ? 0 : 1, 2)}, () => random.pick(RUNS));
  const deaths = Array.from({length: runs.length === 0 ? 0 : random.between(2, 9)}, () => ({
    // Half of them lie in wait from the start.
    atMs: random.chance(0.5) ? 0 : random.between(0, SPAN_MS),
    trouble: {do: 'death', pick: random.between(0, 1_000_000), run: random.between(0, runs.length - 1)} as const,
  }));
  const others = Array.from({length: random.between(2, 6)}, () => ({
    atMs: random.between(200, SPAN_MS),
    trouble: otherTrouble(random, {
      runs: runs.length,
      smallDisk,
      silent,
      deletes: graphs.some(({person}) => person === 'delete'),
    }),
  }));
  const troubles = [...deaths, ...others].sort((a, b) => a.atMs - b.atMs);
  return {seed, runs, graphs, smallDisk, silent, troubles, calmAtMs: SPAN_MS + 1_000};
}

interface Setting {
  readonly runs: number;
  readonly smallDisk: boolean;
  readonly silent: boolean;
  /** a person deletes a job: no command may bring it back, and its end must stay in the history */
  readonly deletes: boolean;
}

function otherTrouble(random: Random, {runs, smallDisk, silent, deletes}: Setting): Trouble {
  if (random.chance(0.4)) {
    const disk = smallDisk && random.chance(0.6);
    if (disk) return {do: 'disk', how: random.pick(['full', 'read-only']), seconds: random.between(1, 8)};
    if (random.chance(0.6)) return {do: 'kill-one', pick: random.between(0, 1_000_000)};
    return {do: 'freeze', pick: random.between(0, 2), seconds: random.pick([2, 5, 10, 40])};
  }
  const which = random.between(1, 100);
  // Where the queue is emptied nothing is left that could look: a command has to come.
  if (which <= 12 && !silent && !deletes) return {do: 'wipe'};
  if (which <= 22) return {do: 'kill'};
  if (which <= 55) {
    const [target, mode] = random.pick(OUTAGES);
    return {do: 'outage', target, mode, rate: random.pick([0.3, 0.3, 0.6, 1]), seconds: random.between(1, 6)};
  }
  if (which <= 60) return {do: 'expire', seconds: random.between(1, 4)};
  if (which <= 78 && runs > 0) return {do: 'double', run: random.between(0, runs - 1)};
  const commands = Array.from({length: random.between(2, 6)}, (): Command => {
    const argv = random.pick([
      undefined,
      ['monitor'],
      ['status'],
      deletes ? ['list'] : ['resume', '--all'],
      ['monitor'],
    ]);
    return argv || runs === 0 ? {argv: argv ?? ['monitor']} : {run: random.between(0, runs - 1)};
  });
  return {do: 'commands', commands};
}
