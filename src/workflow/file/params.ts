import {numberPlaceholder} from '../model/numbers.ts';
import {didYouMean, isMap, listNames, type Path, type Problem, quote} from './problems.ts';

/** `${{`, or its escape `$${{`. */
const OPENING = /\$?\$\{\{/g;
const HOW_TO_WRITE = `write \${{ params.NAME }}, or $\${{ for a literal \${{`;
const PARAM = /^params\.([A-Za-z_][A-Za-z0-9_-]*)$/;

export interface Expanded {
  readonly text: string;
  /** parameters that were put in */
  readonly used: readonly string[];
  /** it holds numbers of rounds and tries, which stay as they are until an attempt begins */
  readonly numbered: boolean;
  /** what is wrong with its placeholders, one sentence each */
  readonly problems: readonly string[];
}

/**
 * Put parameters where `${{ params.NAME }}` stands; `$${{` gives a literal `${{`. Pure.
 *
 * What a parameter's value contains is not looked at again. A placeholder that is wrong stays as it is written.
 */
export function expandText(text: string, values: ReadonlyMap<string, string>): Expanded {
  const problems: string[] = [];
  const used: string[] = [];
  let numbered = false;
  let result = '';
  let from = 0;
  for (;;) {
    OPENING.lastIndex = from;
    const opening = OPENING.exec(text);
    if (opening === null) return {text: result + text.slice(from), used, numbered, problems};
    result += text.slice(from, opening.index);
    from = opening.index + opening[0].length;
    if (opening[0] === '$${{') {
      result += '${{';
      continue;
    }
    const end = text.indexOf('}}', from);
    if (end < 0) {
      problems.push(`"\${{" is not closed by "}}"; ${HOW_TO_WRITE}`);
      return {text: result + text.slice(opening.index), used, numbered, problems};
    }
    const inner = text.slice(from, end).trim();
    from = end + 2;
    const number = numberPlaceholder(inner);
    if (number !== undefined) {
      numbered = true;
      result += number;
      continue;
    }
    const value = valueFor(inner, values);
    if ('problem' in value) {
      problems.push(value.problem);
      result += text.slice(opening.index, from);
    } else {
      used.push(value.name);
      result += value.text;
    }
  }
}

function valueFor(
  inner: string,
  values: ReadonlyMap<string, string>,
): {name: string; text: string} | {problem: string} {
  const name = PARAM.exec(inner)?.[1];
  if (name === undefined)
    return {problem: `\${{ ${inner.replace(/\s+/g, ' ').slice(0, 60)} }} is not understood; ${HOW_TO_WRITE}`};
  const text = values.get(name);
  if (text !== undefined) return {name, text};
  const known = [...values.keys()];
  const allowed = known.length === 0 ? 'the file declares none under params' : `known: ${listNames(known)}`;
  return {problem: `unknown parameter ${quote(name)}; ${allowed}${didYouMean(name, known)}`};
}

/** Whether a text is one placeholder and nothing else: the only form in which a switch may take a parameter. */
export function isLonePlaceholder(text: string): boolean {
  return /^\$\{\{[^{}]*\}\}$/.test(text.trim());
}

export interface ParamValues {
  /** every declared parameter; a required one that was not given has the empty text, and a problem */
  readonly values: ReadonlyMap<string, string>;
  readonly missing: ReadonlySet<string>;
  readonly problems: readonly Problem[];
  /** `--param` that name no parameter; they stand on the command line, not in the file */
  readonly flagProblems: readonly string[];
}

/**
 * The value of every declared parameter: what was given with `--param`, else its default.
 *
 * @param declared the file's `params`, not yet checked; defaults of a wrong type are the schema's to report
 * @param written  the text that stands in the file for a number or switch, so that `1.10` stays `1.10`
 */
export function readParams(
  declared: unknown,
  given: Readonly<Record<string, string>>,
  written: (path: Path) => string | undefined,
): ParamValues {
  const values = new Map<string, string>();
  const missing = new Set<string>();
  const problems: Problem[] = [];
  for (const [name, byDefault] of isMap(declared) ? Object.entries(declared) : []) {
    const path = ['params', name];
    const wanted = Object.hasOwn(given, name) ? given[name] : undefined;
    if (wanted === undefined && byDefault === null) {
      missing.add(name);
      problems.push({path, at: 'key', text: `is required, and was not given; add --param ${name}=VALUE`});
    }
    const text = typeof byDefault === 'string' ? expandText(byDefault, new Map()) : undefined;
    if (text !== undefined && (text.problems.length > 0 || text.numbered))
      problems.push({path, at: 'value', text: `a default cannot use \${{ }}; write $\${{ for a literal \${{`});
    values.set(name, wanted ?? text?.text ?? (byDefault === null ? '' : (written(path) ?? String(byDefault))));
  }
  const known = [...values.keys()];
  const allowed = known.length === 0 ? 'the file declares no parameters' : `known: ${listNames(known)}`;
  const flagProblems = Object.keys(given)
    .filter((name) => !values.has(name))
    .map((name) => `--param ${name}: unknown parameter; ${allowed}${didYouMean(name, known)}`);
  return {values, missing, problems, flagProblems};
}
