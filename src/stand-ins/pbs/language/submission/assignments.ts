/** What stands behind `-W`: `name = value[,name = value...]`. Source: OpenPBS, parse_equal_string() in parse_equal.c. */

export interface Assignments {
  readonly found: readonly {readonly name: string; readonly value: string}[];
  /** false: behind what was found stands something else */
  readonly whole: boolean;
  /** where reading cuts the text, which a later message shows; -1 for nowhere */
  readonly cut: number;
}

/** Read assignments; a comma belongs to a value unless a name and "=" come behind it. */
export function parseAssignments(text: string): Assignments {
  const found: {name: string; value: string}[] = [];
  const blanks = text.length - text.trimStart().length;
  const first = /^[^\s=,][^\s=]*/.exec(text.slice(blanks))?.[0];
  const end = blanks + (first?.length ?? 0);
  const cut = first === undefined || end >= text.length ? -1 : end;
  let rest = text.trimStart();
  if (rest === '') return {found, whole: false, cut};
  while (rest !== '') {
    const head = /^([^\s=,][^\s=]*)\s*=\s*/.exec(rest);
    if (!head) return {found, whole: false, cut};
    rest = rest.slice(head[0].length);
    const quote = /^["']/.exec(rest)?.[0];
    let from = 0;
    if (quote !== undefined) {
      from = rest.indexOf(quote, 1);
      if (from < 0) return {found, whole: false, cut};
      // The second quote is a blank from then on, which stays at the end of the list (measured).
      rest = `${rest.slice(1, from)} ${rest.slice(from + 1)}`;
      from -= 1;
    }
    const next = rest.indexOf('=', from);
    if (next < 0) {
      if (rest.trimEnd().endsWith(',')) return {found, whole: false, cut};
      found.push({name: head[1] ?? '', value: rest});
      return {found, whole: true, cut};
    }
    const comma = rest.lastIndexOf(',', next - 1);
    if (comma < 0) return {found, whole: false, cut};
    found.push({name: head[1] ?? '', value: rest.slice(0, comma).trimEnd()});
    rest = rest.slice(comma + 1).trimStart();
  }
  return {found, whole: true, cut};
}
