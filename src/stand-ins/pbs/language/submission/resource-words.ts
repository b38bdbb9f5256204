import type {Sent} from './sent.ts';

/**
 * What stands behind `-l`. Of directives the first that names a resource holds, in its very letters; on the command line
 * all are sent. Source: OpenPBS, set_resources() in set_resource.c and pbs_quote_parse(); measured on 23.06.
 *
 * @param sent takes what was read
 * @returns what qsub says of a list that it cannot read
 */
export function parseResources(list: string, all: boolean, sent: Sent[]): string | undefined {
  const illegal = 'qsub: illegal -l value\n';
  let at = 0;
  while (at < list.length) {
    const head = /^\s*/.exec(list.slice(at))?.[0] ?? '';
    const name = /^[^=,]*/.exec(list.slice(at + head.length))?.[0] ?? '';
    if (name === '') return illegal;
    at += head.length + name.length;
    let value = '';
    if (list[at] === '=') {
      at += 1 + (/^\s*/.exec(list.slice(at + 1))?.[0].length ?? 0);
      const read = name.startsWith('preempt_targets') ? {value: list.slice(at), end: list.length} : readValue(list, at);
      if ('says' in read) return `${illegal} ${read.says}:\n${list}\n${' '.repeat(read.end)}^\n`;
      value = read.value;
      at = read.end;
    }
    const resource = name.split(/\s/)[0] ?? '';
    if (all || !sent.some((each) => each.resource === resource)) sent.push({name: 'Resource_List', resource, value});
    if (list[at] === ',') {
      at += 1;
      if (at === list.length) return illegal;
    }
  }
  return undefined;
}

/** A value up to a comma or blank outside of quotes. */
function readValue(list: string, from: number): {value: string; end: number} | {says: string; end: number} {
  let [value, kind, open] = ['', '', false];
  for (let at = from; at < list.length; at += 1) {
    const char = list[at] ?? '';
    if (char === '&' || !/[\x20-\x7e\s]/.test(char)) return {says: 'illegal character', end: at};
    if (open) {
      if (char === kind) open = false;
      else value += char;
    } else if ((char === '"' || char === "'") && (kind === '' || kind === char)) {
      kind = char;
      open = true;
    } else if (char === ',' || /\s/.test(char)) return {value, end: at};
    else value += char;
  }
  return open ? {says: 'no closing quote', end: list.length} : {value, end: list.length};
}
