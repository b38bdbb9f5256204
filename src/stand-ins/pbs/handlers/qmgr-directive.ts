/** Reading what is typed at qmgr: one directive, and what it assigns. Pure. */

export interface Directive {
  readonly verb: 'set' | 'unset' | 'list' | 'print' | 'create' | 'delete';
  readonly kind: 'server' | 'queue' | 'resource' | 'node';
  readonly names: readonly string[];
  readonly rest: string;
}

const VERBS: readonly Directive['verb'][] = ['set', 'unset', 'list', 'print', 'create', 'delete'];
const KINDS: readonly Directive['kind'][] = ['server', 'queue', 'resource', 'node'];

function startOf<T extends string>(word: string, choices: readonly T[]): T | undefined {
  return word === '' ? undefined : choices.find((choice) => choice.startsWith(word.toLowerCase()));
}

/** Read one directive; verbs and kinds may be shortened. */
export function readDirective(text: string, server: string): Directive | undefined {
  const match = /^\s*(\S+)(?:\s+(\S+))?\s*(.*)$/s.exec(text);
  const verb = startOf(match?.[1] ?? '', VERBS);
  const kind = startOf(match?.[2] ?? '', KINDS);
  if (!verb || !kind) return undefined;
  let rest = match?.[3] ?? '';
  let names: string[] = [];
  if (kind !== 'server') {
    const name = /^([A-Za-z@][\w.,@-]*)\s*/.exec(rest);
    if (name) {
      names = (name[1] ?? '')
        .split(',')
        .map((one) => one.replace(/@.*$/, ''))
        .filter((one) => one !== '');
      rest = rest.slice(name[0].length);
    } else if (verb !== 'list' && verb !== 'print') return undefined;
  } else if (rest.startsWith(server) && /^(\s|$)/.test(rest.slice(server.length)))
    rest = rest.slice(server.length).trim();
  return {verb, kind, names, rest};
}

export interface Assignment {
  readonly name: string;
  readonly operator: '=' | '+=' | '-=';
  readonly value: string;
}

/** `a = 1, b.c = "x y"` */
export function readAssignments(text: string): Assignment[] | undefined {
  const found: Assignment[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const match = /^([\w.-]+)\s*(\+=|-=|=)\s*("[^"]*"|'[^']*'|(?:\[[^\]]*\]|[^,\s])(?:\[[^\]]*\]|[^,])*)\s*,?\s*/.exec(
      rest,
    );
    if (!match) return undefined;
    const operator = match[2] === '+=' ? '+=' : match[2] === '-=' ? '-=' : '=';
    found.push({name: match[1] ?? '', operator, value: (match[3] ?? '').replace(/^(["'])(.*)\1$/, '$2').trim()});
    rest = rest.slice(match[0].length);
  }
  return found;
}
