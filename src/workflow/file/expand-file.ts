import {holdsNumbers} from '../model/numbers.ts';
import {expandText, isLonePlaceholder, type ParamValues} from './params.ts';
import {isMap, type Path, type Problem, UNCLEAR} from './problems.ts';

/** The keys of a transfer or deletion that are true or false: there a placeholder may stand for a parameter that is. */
const SWITCHES = [
  'recursive',
  'verify_checksum',
  'preserve_timestamp',
  'encrypt',
  'delete_extra',
  'confirm_delete',
  'skip_source_errors',
  'fail_on_quota',
];
/** The same for the key of a step that is a number. */
const NUMBER = 'retries';

/**
 * Put the parameters into every text of the file but the parameters' own defaults. Keys stay as they are. Pure.
 *
 * @returns the file again; `UNCLEAR` stands for a text whose parameters are not known
 */
export function expandFile(
  file: Readonly<Record<string, unknown>>,
  params: ParamValues,
): {readonly value: unknown; readonly problems: readonly Problem[]; readonly numbered: ReadonlySet<string>} {
  const problems: Problem[] = [];
  const numbered = new Set<string>();
  const literal: Path[] = [];
  const expand = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return expandAt(value, path);
    if (Array.isArray(value)) return value.map((item: unknown, index) => expand(item, [...path, index]));
    if (!isMap(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, [...path, key])]));
  };
  const expandAt = (text: string, path: Path): unknown => {
    const expanded = expandText(text, params.values);
    problems.push(...expanded.problems.map((problem): Problem => ({path, at: 'value', text: problem})));
    if (expanded.problems.length > 0 || expanded.used.some((name) => params.missing.has(name))) return UNCLEAR;
    if (expanded.numbered) {
      numbered.add(String(path[1]));
      if (!mayBeNumbered(path)) problems.push({path, at: 'value', text: NOT_NUMBERED});
    } else if (holdsNumbers(expanded.text)) literal.push(path);
    const isSwitch =
      path.length === 4 && (path[2] === 'transfer' || path[2] === 'delete') && SWITCHES.includes(String(path[3]));
    const isTruth = expanded.text === 'true' || expanded.text === 'false';
    if (isSwitch && isTruth && isLonePlaceholder(text)) return expanded.text === 'true';
    const isNumber = path.length === 3 && path[0] === 'steps' && path[2] === NUMBER;
    if (isNumber && /^\d{1,9}$/.test(expanded.text) && isLonePlaceholder(text)) return Number(expanded.text);
    return expanded.text;
  };
  const value = Object.fromEntries(
    Object.entries(file).map(([key, item]) => [key, key === 'params' ? item : expand(item, [key])]),
  );
  // What is told apart here would be read alike once it is on record.
  for (const path of literal)
    if (path[0] === 'steps' && numbered.has(String(path[1]))) problems.push({path, at: 'value', text: LITERAL});
  return {value, problems, numbered};
}

const NOT_NUMBERED = `\${{ round }} and \${{ try }} may stand in the places of a step, its label, its env and its job name`;
const LITERAL = `a step whose texts hold \${{ round }} or \${{ try }} cannot hold the same words for themselves`;

/** The texts of a step that are first needed when an attempt of it begins. */
function mayBeNumbered(path: Path): boolean {
  if (path[0] !== 'steps') return false;
  const [, , kind, key] = path;
  if (kind === 'mkdir' || kind === 'link' || kind === 'move' || kind === 'remove') return true;
  if (kind === 'job') return key === 'env' || key === 'name';
  return kind === 'transfer' || kind === 'delete';
}
