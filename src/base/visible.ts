// Text from outside (names of files, messages of managers, comments of PBS, errors of Globus) is shown to people, and
// never obeyed: what would move the cursor, clear the screen, turn the direction of writing or hide letters is spelt out.

/**
 * What a terminal obeys, or does not show: C0, C1 and DEL; formats and bidirectional controls; ends of lines and
 * paragraphs; lone halves of surrogate pairs; whatever Unicode has terminals leave out.
 */
const UNSEEN = '[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]';
/** The colours of stage itself (src/app/shared/text-layout.ts). */
const COLOUR = '\\u001b\\[(?:2|22|3[1236]|39)m';

const UNSEEN_ONE = new RegExp(UNSEEN, 'gu');
const UNSEEN_OR_COLOUR = new RegExp(`${COLOUR}|${UNSEEN}`, 'gu');

/** These join or part letters in some scripts, and choose the look of emoji. Anywhere else they only hide. */
const JOINER = /^(?:\u200c|\u200d|\ufe0e|\ufe0f)$/;
const SCRIPTS = 'Arab Syrc Mong Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Tibt'.split(' ');
const JOINABLE = `\\p{Extended_Pictographic}\\p{Emoji_Modifier}${SCRIPTS.map((name) => `\\p{Script=${name}}`).join('')}`;
/** Some signs of these scripts are not seen themselves: they are spelt out, and nothing is joined to that. */
const ENDS_JOINABLE = new RegExp(`(?!${UNSEEN})[${JOINABLE}]\\ufe0f?$`, 'u');

const PLAIN = /^[\x20-\x7e]*$/;

/** @param spell of one code point, or of a colour of ours */
function withUnseen(text: string, pattern: RegExp, spell: (found: string) => string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(pattern, (found, at: number, whole: string) =>
    JOINER.test(found) && ENDS_JOINABLE.test(whole.slice(Math.max(0, at - 3), at)) ? found : spell(found),
  );
}

const SHORT: Readonly<Record<string, string>> = {'\n': '\\n', '\r': '\\r', '\t': '\\t'};

/** As JavaScript writes it: `\u001b`, and `\u{e0041}` above these. */
function spellOut(point: string): string {
  const code = point.codePointAt(0) ?? 0;
  return SHORT[point] ?? (code > 0xffff ? `\\u{${code.toString(16)}}` : unit(code));
}

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

/** A value as people may see it: nothing in it is obeyed by a terminal, and it is one line. Pure. */
export function visible(text: string): string {
  return withUnseen(text, UNSEEN_ONE, spellOut);
}

/** The same of a line that programs wrote: tabs part its columns. Pure. */
export function visibleLine(text: string): string {
  return withUnseen(text, UNSEEN_ONE, (found) => (found === '\t' ? found : spellOut(found)));
}

/**
 * A text that has been laid out, as it may leave for a terminal: besides what is seen, ends of lines, tabs and the colours
 * of stage are left. What has got past {@link shown} ends here. Pure.
 */
export function atTheEdge(text: string, {colour}: {readonly colour: boolean}): string {
  const kept = (found: string) => found === '\n' || found === '\t' || (colour && found.length > 2);
  return withUnseen(text, UNSEEN_OR_COLOUR, (found) =>
    kept(found) ? found : [...found].map((point) => (PLAIN.test(point) ? point : spellOut(point))).join(''),
  );
}

/**
 * The same document with escapes in the place of what JSON leaves as it is (DEL, C1, bidirectional controls): it goes
 * through a terminal, `less` and `tail` as well as into programs, which read the same values. Pure.
 *
 * @param json as JSON.stringify writes it
 */
export function visibleJson(json: string): string {
  return withUnseen(json, UNSEEN_ONE, (found) =>
    found === '\n' ? found : Array.from({length: found.length}, (_, at) => unit(found.charCodeAt(at))).join(''),
  );
}

/**
 * What is about to be put into words, with each text in it made visible, names of fields included: what renders it sees
 * nothing else, so that no value goes past. Parts in which nothing had to change are the same ones. Pure.
 */
export function shown<T>(model: T, spell: (text: string) => string = visible): T {
  return shownPart(model, spell) as T; // texts take the place of texts, so its form is the same
}

function shownPart(part: unknown, spell: (text: string) => string): unknown {
  const shownItem = (item: unknown) => shownPart(item, spell);
  if (typeof part === 'string') return spell(part);
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) {
    const items = part.map(shownItem);
    return items.every((item, at) => item === part[at]) ? part : items;
  }
  if (part instanceof Map) return new Map([...part].map(([key, value]) => [shownItem(key), shownItem(value)]));
  if (part instanceof Set) return new Set([...part].map(shownItem));
  const entries = Object.entries(part);
  const after = entries.map(([key, value]): [string, unknown] => [spell(key), shownItem(value)]);
  const same = after.every(([key, value], at) => key === entries[at]?.[0] && value === entries[at]?.[1]);
  return same ? part : Object.fromEntries(after);
}
