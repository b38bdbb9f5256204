import {walltimeSeconds} from '../../base/walltime.ts';
import {isNotForUsers, isOfChunks, wrongAmount, wrongNodes, wrongPlace, wrongSelect} from './resource-values.ts';

export interface AskedResource {
  readonly name: string;
  readonly value: string;
}

/**
 * The resources of one `-l`. A blank ends a value, and what stands behind it is the next name. Source: OpenPBS,
 * set_resources() in set_resource.c, pbs_quote_parse().
 */
export function readResourceList(list: string): readonly AskedResource[] | {readonly wrong: string} {
  const asked: AskedResource[] = [];
  let rest = list;
  while (rest !== '') {
    const [head = '', name = '', equals] = /^\s*([^=,]*)(=\s*)?/.exec(rest) ?? [];
    if (name === '')
      return {wrong: list.endsWith(',') ? 'a comma stands at its end' : 'a resource without a name is in the list'};
    rest = rest.slice(head.length);
    let value = '';
    if (equals !== undefined) {
      const read = readValue(rest);
      if (typeof read === 'string') return {wrong: read};
      ({value, rest} = read);
    }
    asked.push({name: name.split(/\s/)[0] ?? name, value});
    if (rest.startsWith(',')) {
      rest = rest.slice(1);
      if (rest === '') return {wrong: 'a comma stands at its end'};
    }
  }
  return asked;
}

/** A value up to the next comma or blank outside of quotes. @returns why there is none */
function readValue(text: string): {value: string; rest: string} | string {
  if (text.startsWith('preempt_targets')) return {value: text, rest: ''};
  let [value, kind, open] = ['', '', false];
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '&' || !/[\x20-\x7e\s]/.test(char)) return `"${char}" may not stand in the value of a resource`;
    if (open) {
      if (char === kind) open = false;
      else value += char;
    } else if ((char === '"' || char === "'") && (kind === '' || kind === char)) [kind, open] = [char, true];
    else if (char === ',' || /\s/.test(char)) return {value, rest: text.slice(at)};
    else value += char;
  }
  return open ? 'its quotes do not match' : {value, rest: ''};
}

/** What qsub says of it, and what it has to be. */
export interface WrongResource {
  readonly resource: string;
  readonly says: string;
  readonly must: string;
}

/** What is wrong with one resource by itself. */
export function wrongResource({name, value}: AskedResource): WrongResource | undefined {
  const resource = name.toLowerCase();
  if (isNotForUsers(resource)) {
    const says = `Cannot set attribute, read only or insufficient permission  Resource_List.${resource}`;
    return {resource, says, must: 'no job may ask for it'};
  }
  const wrongs: Readonly<Record<string, (text: string) => string | undefined>> = {
    select: wrongSelect,
    place: wrongPlace,
    nodes: wrongNodes,
  };
  const must = (wrongs[resource] ?? ((text) => wrongAmount(resource, text)))(value);
  return must === undefined
    ? undefined
    : {resource, says: `Illegal attribute or resource value Resource_List.${resource}`, must};
}

/**
 * What does not go together of the resources of one job; some server resource may be among them that is not known here.
 * Source: req_quejob() in req_quejob.c; measured on OpenPBS 23.06.
 */
export function wrongTogether(asked: Readonly<Record<string, string>>): WrongResource | undefined {
  const resources = new Map(Object.entries(asked).map(([name, value]) => [name.toLowerCase(), value]));
  return (
    wrongLayout(new Set(resources.keys())) ?? wrongBounds(resources.get('min_walltime'), resources.get('max_walltime'))
  );
}

/** Source: action_min_walltime(), action_max_walltime() in resc_attr.c. */
function wrongBounds(least: string | undefined, most: string | undefined): WrongResource | undefined {
  if (most === undefined) return undefined;
  const wrong = (says: string, must: string) => ({resource: 'max_walltime', says, must});
  if (least === undefined)
    return wrong('Cannot have "max_walltime" without "min_walltime"', 'a "min_walltime" has to stand beside it');
  const [from, to] = [walltimeSeconds(least), walltimeSeconds(most)];
  return from !== undefined && to !== undefined && from > to
    ? wrong('"min_walltime" can not be greater than "max_walltime"', 'it has to be as long as min_walltime at least')
    : undefined;
}

function wrongLayout(names: ReadonlySet<string>): WrongResource | undefined {
  const selected = names.has('select');
  if (!selected && !names.has('place')) return undefined;
  const by = selected ? 'select' : 'place';
  if (names.has('nodes')) {
    const must = `"nodes" and "${by}" exclude each other`;
    return {resource: 'nodes', says: 'Cannot be used with select or place: nodes', must};
  }
  const outside = [...names].find((name) => isOfChunks(name));
  if (outside !== undefined) {
    const says = `"-lresource=" cannot be used with "select" or "place", resource is: ${outside}`;
    const must = selected
      ? `it has to be within "select", such as select=1:${outside}=…`
      : 'it has to be within a "select"';
    return {resource: outside, says, must};
  }
  return selected
    ? undefined
    : {resource: 'place', says: 'Cannot have "place" without "select"', must: 'a "select" has to stand beside it'};
}
