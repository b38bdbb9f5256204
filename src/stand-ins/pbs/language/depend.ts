import {badValue, type PbsFault} from './answer.ts';
import {readDependencyId, type ServerNames} from './job-id.ts';

/** `-W depend=TYPE:ID[:ID...][,TYPE:ID...]`: reading and showing. What it does is in server/dependencies/rules.ts. */

export interface DependGroup {
  type: string;
  /** full ids; may hold one id twice, which never releases (measured) */
  jobs: string[];
  /** for `on:N`: how many before-type jobs must still register */
  count?: number;
}

const ID_TYPES = new Set([
  'after',
  'afterok',
  'afternotok',
  'afterany',
  'before',
  'beforeok',
  'beforenotok',
  'beforeany',
  'runone',
]);
const NUMBER_TYPES = new Set(['on', 'synccount']);
/** The client knows it, and the server refuses it (measured). */
const REFUSED_TYPE = 'syncwith';

export type ReadDepend =
  | {readonly kind: 'groups'; readonly groups: DependGroup[]}
  /** the client refuses it: `illegal -W value` and the usage */
  | {readonly kind: 'illegal'}
  | {readonly kind: 'fault'; readonly fault: PbsFault}
  /** a server that does not exist: qsub prints an id all the same, and there is no job (measured) */
  | {readonly kind: 'vanishes'};

/** Read the value of `depend=`. */
export function readDepend(text: string, names: ServerNames): ReadDepend {
  const value = text.trim();
  if (value === '' || value.endsWith(',')) return {kind: 'illegal'};
  const groups: DependGroup[] = [];
  let fault: PbsFault | undefined;
  let vanishes = false;
  const elements = value.split(',');
  for (const element of elements) {
    if (element.trim() === '') {
      // Measured: an empty element passes the client, and is refused by the server.
      fault = badValue('depend');
      continue;
    }
    // One colon at the end is accepted (measured).
    const [type = '', ...words] = element
      .trim()
      .replace(/(:[^:]+):$/, '$1')
      .split(':');
    if (words.length === 0 || words.some((word) => word === '')) return {kind: 'illegal'};
    if (NUMBER_TYPES.has(type)) {
      if (type !== 'on' || words.length > 1 || !/^[1-9]\d*$/.test(words[0] ?? '')) fault = badValue('depend');
      else groups.push({type, jobs: [], count: Number(words[0])});
      continue;
    }
    if (!ID_TYPES.has(type) && type !== REFUSED_TYPE) return {kind: 'illegal'};
    if (type === REFUSED_TYPE) fault = badValue('depend');
    const jobs: string[] = [];
    for (const word of words) {
      const id = readDependencyId(word.trimStart(), names);
      if (id.kind === 'malformed') return {kind: 'illegal'};
      if (id.kind === 'unknown-host') vanishes = true;
      else jobs.push(id.id);
    }
    const same = groups.find((group) => group.type === type);
    if (same) same.jobs.push(...jobs);
    else groups.push({type, jobs});
  }
  if (fault) return {kind: 'fault', fault};
  return vanishes ? {kind: 'vanishes'} : {kind: 'groups', groups};
}

/** `afterok:5.server@server:6.server@server,on:2` */
export function showDepend(groups: readonly DependGroup[], server: string): string {
  return groups
    .map((group) =>
      group.type === 'on'
        ? `on:${group.count ?? 0}`
        : [group.type, ...group.jobs.map((id) => `${id}@${server}`)].join(':'),
    )
    .join(',');
}

/** The same type again adds to its list; other types stay apart. */
export function mergeDepend(lists: readonly (readonly DependGroup[])[]): DependGroup[] {
  const merged: DependGroup[] = [];
  for (const group of lists.flat()) {
    const same = merged.find((known) => known.type === group.type);
    if (same) same.jobs.push(...group.jobs);
    else merged.push({...group, jobs: [...group.jobs]});
  }
  return merged;
}
