import {badValue, FAULT, type PbsFault, Refusal, unknownResource} from './answer.ts';
import {addSizes, readDuration, readSize, type Size, showDuration} from './durations.ts';
import {builtIn, type CustomResources, canonicalName, fits, kindOf, type ResourceKind} from './resource-table.ts';
import {chunksWritten} from './select.ts';

/** `-l`: reading, checking, and what becomes of it in a job's Resource_List. */

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

/** A value as a job keeps it. @throws {Refusal} */
function shownValue(kind: ResourceKind, name: string, value: string): string {
  if (!fits(kind, value)) throw new Refusal(badValue(name));
  switch (kind) {
    case 'time':
      return showDuration(readDuration(value) ?? 0);
    case 'size': {
      const size = readSize(value);
      return size ? `${size.amount}${size.unit}` : value;
    }
    case 'long':
    case 'count':
      return String(Number(value) || 0);
    case 'bool':
      return /^(true|t|y|1)$/i.test(value) ? 'True' : 'False';
    default:
      return value;
  }
}

export interface Chunk {
  readonly count: number;
  readonly asked: Readonly<Record<string, string>>;
}

/** Read `2:ncpus=2:mem=1gb+1:ncpus=4`. @throws {Refusal} */
function readSelect(text: string, custom: CustomResources): Chunk[] {
  const chunks = chunksWritten(text);
  if (chunks === undefined) throw new Refusal(badValue('Resource_List.select'));
  const read = chunks.map(({count, resources}) => {
    const asked: Record<string, string> = {};
    for (const {name, value} of resources) {
      const known = canonicalName(name);
      const kind = kindOf(known, custom);
      if (!kind) throw new Refusal({code: unknownResource('').code, text: `Unknown resource: ${name}`});
      if (builtIn(known) !== undefined && !isOfChunks(known))
        throw new Refusal({code: 15108, text: `Resource invalid in "select" specification: ${name}`});
      if (known in asked)
        throw new Refusal({
          code: 15116,
          text: `duplicated resource within a section of a select specification, resource is: ${name}`,
        });
      asked[known] = shownValue(kind, '', value);
    }
    return {count, asked};
  });
  if (read.every(({count}) => count === 0)) throw new Refusal(badValue(''));
  return read;
}

const isOfChunks = (name: string): boolean => builtIn(name)?.inChunks === true;

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
function readNodes(
  nodes: string,
  ncpus: string | undefined,
  host: string | undefined,
): {select: string; place: string} {
  const [text = '', ...how] = nodes.split('#').map((each) => each.toLowerCase());
  const unknown = (name: string) => new Refusal({code: unknownResource('').code, text: `Unknown resource: ${name}`});
  const strange = how.find((word) => word !== 'excl' && word !== 'shared');
  if (strange !== undefined) throw unknown(strange);
  const select = text
    .split('+')
    .map((part) => {
      const words = part.split(':');
      const count = /^\d+$/.test(words[0] ?? '') ? (words[0] ?? '') : '1';
      const amount = (name: RegExp) => words.findLast((word) => name.test(word))?.split('=')[1];
      const processes = Number(amount(/^ppn=/) ?? '1');
      const each = amount(/^(cpp|ncpus)=/) ?? ncpus ?? '1';
      const named = words.slice(words[0] === count ? 1 : 0).filter((word) => !word.includes('='));
      const missing = named.find((word) => host !== undefined && word !== host.toLowerCase());
      if (missing !== undefined) throw unknown(missing);
      return [
        `${count}:ncpus=${processes * Number(each)}`,
        ...named.map((name) => `host=${name}`),
        ...(processes > 1 ? [`mpiprocs=${processes}`] : []),
      ].join(':');
    })
    .join('+');
  // Measured: "shared" alone leaves the places free.
  return {select, place: how[0] === 'shared' ? 'free' : how[0] === 'excl' ? 'scatter:excl' : 'scatter'};
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
    if (name === 'neednodes') continue; // it is dropped (measured)
    const known = canonicalName(name);
    const kind = kindOf(known, custom);
    if (!kind) throw new Refusal(unknownResource(`Resource_List.${name}`));
    if (value === '' && kind !== 'long') delete given[known];
    else given[known] = kind === 'select' ? value.trimStart() : shownValue(kind, `Resource_List.${name}`, value);
  }
  return completeResources(given, defaults, custom, host);
}

/** What does not go together of what was asked for; of several resources the last by the alphabet is told (measured). */
export function wrongTogether(given: Readonly<Record<string, string>>): PbsFault | undefined {
  if (given.select === undefined && given.place === undefined) return undefined;
  const outside = Object.keys(given)
    .filter((name) => name === 'nodes' || isOfChunks(name))
    .sort()
    .at(-1);
  if (outside === 'nodes') return {code: 15110, text: 'Cannot be used with select or place: nodes'};
  if (outside !== undefined)
    return {code: 15109, text: `"-lresource=" cannot be used with "select" or "place", resource is: ${outside}`};
  return given.select === undefined ? FAULT.placeAlone : undefined;
}

/** Fill in what follows from a request: totals, chunks, places. @throws {Refusal} */
function completeResources(
  given: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
  custom: CustomResources,
  host?: string,
): Record<string, string> {
  const list: Record<string, string> = {...given};
  const wrong = wrongTogether(given);
  if (wrong) throw new Refusal(wrong);
  for (const [name, value] of Object.entries(defaults)) {
    if (list[name] === undefined && !(isOfChunks(name) && given.select !== undefined)) list[name] = value;
  }
  if (given.nodes !== undefined) {
    Object.assign(list, readNodes(given.nodes, given.ncpus, host));
  }
  if (list.select === undefined) {
    const of: Readonly<Record<string, string>> = {...given, ncpus: list.ncpus ?? '1'};
    const parts = Object.keys(of)
      .filter(isOfChunks)
      .sort()
      .map((name) => `${name}=${of[name]}`);
    list.select = `1:${parts.join(':')}`;
    list.place = 'pack';
  }
  list.place ??= 'free';
  const chunks = chunksOf(list, custom);
  list.ncpus = String(cpusOf(chunks));
  list.nodect = String(chunks.reduce((sum, chunk) => sum + chunk.count, 0));
  for (const name of ['mem', 'vmem', 'hbmem', 'accelerator_memory']) {
    const sizes = chunks.flatMap((chunk): Size[] => {
      const size = readSize(chunk.asked[name] ?? '');
      return size ? [{...size, amount: size.amount * chunk.count}] : [];
    });
    if (sizes.length > 0) list[name] = addSizes(sizes);
  }
  for (const name of ['mpiprocs', 'naccelerators'])
    if (chunks.some(({asked}) => asked[name] !== undefined))
      list[name] = String(chunks.reduce((sum, {count, asked}) => sum + count * Number(asked[name] ?? 0), 0));
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
    if (!isOfChunks(name) && !['nodect', 'select', 'place', 'nodes'].includes(name)) kept[name] = value;
  const place = old.place ?? 'pack';
  const base: AskedResource[] = Object.entries(kept).map(([name, value]) => ({name, value}));
  const reshaped =
    names.has('select') || names.has('nodes') || [...names].some((name) => isOfChunks(canonicalName(name)));
  if (!reshaped) base.push({name: 'select', value: old.select ?? '1:ncpus=1'});
  const list = resourceList([...base, ...asked], {}, custom);
  return names.has('place') ? list : {...list, place};
}

/** A limit is exceeded when both are numbers of the same kind and the first is larger. */
export function compareResource(name: string, left: string, right: string, custom: CustomResources): number {
  const kind = kindOf(name, custom);
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
