import {badValue, FAULT, Refusal, unknownResource} from './answer.ts';
import {addSizes, readDuration, readSize, type Size, showDuration} from './durations.ts';

/** `-l`: reading, checking, and what becomes of it in a job's Resource_List. */

export type ResourceKind = 'time' | 'size' | 'long' | 'string' | 'select' | 'place' | 'nodes';

/** The resources every server has. */
const RESOURCES: Readonly<Record<string, ResourceKind>> = {
  accelerator: 'string',
  accelerator_memory: 'size',
  accelerator_model: 'string',
  arch: 'string',
  cput: 'time',
  file: 'size',
  host: 'string',
  max_walltime: 'time',
  mem: 'size',
  min_walltime: 'time',
  mpiprocs: 'long',
  mpparch: 'string',
  naccelerators: 'long',
  nchunk: 'long',
  ncpus: 'long',
  nice: 'long',
  nodes: 'nodes',
  ompthreads: 'long',
  pcput: 'time',
  place: 'place',
  pmem: 'size',
  pvmem: 'size',
  select: 'select',
  software: 'string',
  soft_walltime: 'time',
  vmem: 'size',
  vnode: 'string',
  walltime: 'time',
};

/** What a chunk of a select may ask for; of these, only one place may say how much. */
const IN_CHUNKS = new Set([
  'ncpus',
  'mem',
  'vmem',
  'mpiprocs',
  'ompthreads',
  'arch',
  'host',
  'vnode',
  'accelerator',
  'naccelerators',
]);

export interface AskedResource {
  readonly name: string;
  readonly value: string;
}

/** Split one `-l` argument at its commas; quotes protect, a blank separates too. */
export function splitResources(text: string): AskedResource[] {
  const asked: AskedResource[] = [];
  let rest = text;
  while (rest !== '') {
    const match = /^[\s,]*([^\s,=]*)(?:=("[^"]*"|'[^']*'|[^,\s]*))?/.exec(rest);
    const name = match?.[1] ?? '';
    if (match && name !== '') asked.push({name, value: (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2')});
    rest = rest.slice(Math.max(1, match?.[0].length ?? 1));
  }
  return asked;
}

/** Custom resources by name, as `create resource` made them. */
export type CustomResources = Readonly<Record<string, 'string' | 'long' | 'size' | 'time'>>;

function shownValue(kind: ResourceKind, name: string, value: string): string {
  if (kind === 'time') {
    const seconds = readDuration(value);
    if (seconds === undefined) throw new Refusal(badValue(name));
    return showDuration(seconds);
  }
  if (kind === 'size') {
    const size = readSize(value);
    if (!size) throw new Refusal(badValue(name));
    return `${size.amount}${size.unit}`;
  }
  if (kind === 'long' && !/^[+-]?\d+$/.test(value)) throw new Refusal(badValue(name));
  return value;
}

export interface Chunk {
  readonly count: number;
  readonly asked: Readonly<Record<string, string>>;
}

/** Read `2:ncpus=2:mem=1gb+1:ncpus=4`. @throws {Refusal} */
function readSelect(text: string, custom: CustomResources): Chunk[] {
  return text.split('+').map((part) => {
    const words = part.split(':');
    const counted = /^\d+$/.test(words[0] ?? '');
    const asked: Record<string, string> = {};
    for (const word of counted ? words.slice(1) : words) {
      const [name = '', ...value] = word.split('=');
      const kind = RESOURCES[name] ?? custom[name];
      if (!kind) throw new Refusal({code: unknownResource('').code, text: `Unknown resource: ${name}`});
      if (!IN_CHUNKS.has(name) && !(name in custom))
        throw new Refusal({code: 15108, text: `Resource invalid in "select" specification: ${name}`});
      if (value.length === 0) throw new Refusal(badValue('Resource_List.select'));
      asked[name] = shownValue(kind, 'Resource_List.select', value.join('='));
    }
    return {count: counted ? Number(words[0]) : 1, asked};
  });
}

/** The chunks a job runs on, with one processor where the request is silent (`default_chunk.ncpus`). */
export function chunksOf(resources: Readonly<Record<string, string>>, custom: CustomResources): Chunk[] {
  return readSelect(resources.select ?? '1:ncpus=1', custom).map((chunk) => ({
    count: chunk.count,
    asked: {ncpus: '1', ...chunk.asked},
  }));
}

export function cpusOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.count * Number(chunk.asked.ncpus ?? 1), 0);
}

/** @param host the only one there is; without it any name is taken for one. @throws {Refusal} */
function readNodes(text: string, host: string | undefined): string {
  return text
    .split('+')
    .map((part) => {
      const words = part.split(':');
      const count = /^\d+$/.test(words[0] ?? '') ? words[0] : '1';
      const perNode = /(?:^|:)ppn=(\d+)/.exec(part)?.[1] ?? '1';
      const named = words.slice(words[0] === count ? 1 : 0).filter((word) => !word.includes('='));
      const unknown = named.find((word) => host !== undefined && word.toLowerCase() !== host.toLowerCase());
      if (unknown !== undefined)
        throw new Refusal({code: unknownResource('').code, text: `Unknown resource: ${unknown}`});
      return [`${count}:ncpus=${perNode}:mpiprocs=${perNode}`, ...named.map((name) => `host=${name}`)].join(':');
    })
    .join('+');
}

/**
 * The Resource_List of a job.
 *
 * @param asked what the job's own `-l` say, earlier ones first; a later one wins
 * @param defaults for what was not asked for (queue, server)
 * @throws {Refusal} with the fault PBS gives
 */
export function resourceList(
  asked: readonly AskedResource[],
  defaults: Readonly<Record<string, string>>,
  custom: CustomResources,
  host?: string,
): Record<string, string> {
  const given: Record<string, string> = {};
  for (const {name, value} of asked) {
    const kind = RESOURCES[name] ?? custom[name];
    if (!kind) throw new Refusal(unknownResource(`Resource_List.${name}`));
    if (value === '') delete given[name];
    else given[name] = kind === 'select' ? value : shownValue(kind, `Resource_List.${name}`, value);
  }
  return completeResources(given, defaults, custom, host);
}

/** Fill in what follows from a request: totals, chunks, places. @throws {Refusal} */
function completeResources(
  given: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
  custom: CustomResources,
  host?: string,
): Record<string, string> {
  const list: Record<string, string> = {...given};
  // Measured: wherever each of them was said.
  if (given.nodes !== undefined && (given.select !== undefined || given.place !== undefined))
    throw new Refusal({code: 15110, text: 'Cannot be used with select or place: nodes'});
  const jobWide = Object.keys(given).find((name) => IN_CHUNKS.has(name));
  if (given.select !== undefined || given.place !== undefined) {
    if (given.select !== undefined && jobWide !== undefined)
      throw new Refusal({
        code: 15109,
        text: `"-lresource=" cannot be used with "select" or "place", resource is: ${jobWide}`,
      });
    if (given.select === undefined) throw new Refusal(FAULT.placeAlone);
  }
  for (const [name, value] of Object.entries(defaults)) {
    if (list[name] === undefined && !(IN_CHUNKS.has(name) && given.select !== undefined)) list[name] = value;
  }
  if (given.nodes !== undefined) {
    list.select = readNodes(given.nodes, host);
    list.place = 'scatter';
  }
  if (list.select === undefined) {
    const parts = [`ncpus=${list.ncpus ?? '1'}`];
    for (const name of ['mem', 'vmem', 'mpiprocs', 'ompthreads', 'arch', 'host', 'vnode'])
      if (given[name] !== undefined) parts.push(`${name}=${given[name]}`);
    list.select = `1:${parts.join(':')}`;
    list.place = 'pack';
  }
  list.place ??= 'free';
  const chunks = chunksOf(list, custom);
  list.ncpus = String(cpusOf(chunks));
  list.nodect = String(chunks.reduce((sum, chunk) => sum + chunk.count, 0));
  for (const name of ['mem', 'vmem']) {
    const sizes = chunks.flatMap((chunk): Size[] => {
      const size = readSize(chunk.asked[name] ?? '');
      return size ? [{...size, amount: size.amount * chunk.count}] : [];
    });
    if (sizes.length > 0) list[name] = addSizes(sizes);
  }
  const processes = chunks.reduce((sum, chunk) => sum + chunk.count * Number(chunk.asked.mpiprocs ?? 0), 0);
  if (processes > 0) list.mpiprocs = String(processes);
  return list;
}

/** Change some resources of a job. What follows from a select is computed again. @throws {Refusal} */
export function alterResources(
  old: Readonly<Record<string, string>>,
  asked: readonly AskedResource[],
  custom: CustomResources,
): Record<string, string> {
  const names = new Set(asked.map(({name}) => name));
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(old))
    if (!IN_CHUNKS.has(name) && !['nodect', 'select', 'place', 'nodes'].includes(name)) kept[name] = value;
  const place = old.place ?? 'pack';
  const base: AskedResource[] = Object.entries(kept).map(([name, value]) => ({name, value}));
  const reshaped = names.has('select') || names.has('nodes') || [...names].some((name) => IN_CHUNKS.has(name));
  if (!reshaped) base.push({name: 'select', value: old.select ?? '1:ncpus=1'});
  const list = resourceList([...base, ...asked], {}, custom);
  return names.has('place') ? list : {...list, place};
}

/** A limit is exceeded when both are numbers of the same kind and the first is larger. */
export function compareResource(name: string, left: string, right: string, custom: CustomResources): number {
  const kind = RESOURCES[name] ?? custom[name];
  const numberOf = (text: string): number => {
    if (kind === 'time') return readDuration(text) ?? 0;
    if (kind === 'size') {
      const size = readSize(text);
      return size ? size.amount * 2 ** ({b: 0, kb: 10, mb: 20, gb: 30, tb: 40, pb: 50}[size.unit] ?? 0) : 0;
    }
    return Number(text);
  };
  if (kind === 'string') return left < right ? -1 : left > right ? 1 : 0;
  return numberOf(left) - numberOf(right);
}
