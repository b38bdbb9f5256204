import {didYouMean, listNames, quote} from '../../workflow/file/problems.ts';

/** What varies from run to run. */
export interface SourceItem {
  /** what `${{ item }}` stands for; absent for an item that has fields alone */
  readonly text?: string | undefined;
  /** what `${{ item.FIELD }}` stands for */
  readonly fields: Readonly<Record<string, string>>;
  /** what its inputs were when it was listed */
  readonly inputs?: string | undefined;
}

const OPENING = /\$?\$\{\{/g;
const HOW_TO_WRITE = 'write ${{ item }} or ${{ item.FIELD }}, or $${{ for a literal ${{';

/** Put an item where `${{ item }}` and `${{ item.FIELD }}` stand. Pure. @returns the text, or what is wrong with it */
export function itemText(text: string, item: SourceItem): {readonly text: string} | {readonly wrong: string} {
  let result = '';
  let from = 0;
  for (;;) {
    OPENING.lastIndex = from;
    const opening = OPENING.exec(text);
    if (opening === null) return {text: result + text.slice(from)};
    result += text.slice(from, opening.index);
    from = opening.index + opening[0].length;
    if (opening[0] === '$${{') {
      result += '${{';
      continue;
    }
    const end = text.indexOf('}}', from);
    if (end < 0) return {wrong: `"\${{" is not closed by "}}"; ${HOW_TO_WRITE}`};
    const value = placeholderOf(text.slice(from, end).trim(), item);
    if ('wrong' in value) return value;
    result += value.text;
    from = end + 2;
  }
}

function placeholderOf(inner: string, {text, fields}: SourceItem): {text: string} | {wrong: string} {
  const known = Object.keys(fields);
  const has = known.length === 0 ? 'it has no fields' : `its fields: ${listNames(known)}`;
  if (inner === 'item')
    return text === undefined ? {wrong: `an item is a map; write \${{ item.FIELD }}; ${has}`} : {text};
  const name = /^item\.([A-Za-z_][\w.-]*)$/.exec(inner)?.[1];
  if (name === undefined) return {wrong: `\${{ ${inner.slice(0, 60)} }} is not understood; ${HOW_TO_WRITE}`};
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return value === undefined
    ? {wrong: `an item has no field ${quote(name)}; ${has}${didYouMean(name, known)}`}
    : {text: value};
}
