import {readWords} from '../../base/shell-words.ts';
import type {WrittenItem} from '../model/items.ts';
import {own} from './problems.ts';

/** One line of a batch file that names an item. */
export interface BatchItem extends WrittenItem {
  /** counted from 1 */
  readonly line: number;
}

export interface Batch {
  readonly items: readonly BatchItem[];
  /** `12: has one path; …` */
  readonly problems: readonly string[];
}

/** Options that take no value, and what they say; and those that take one. Source: globus-cli 3.41, `globus transfer --batch`. */
const SWITCHES: Readonly<Record<string, boolean>> = {'-r': true, '--recursive': true, '--no-recursive': false};
const VALUES: Readonly<Record<string, 'external_checksum' | 'checksum_algorithm'>> = {
  '--external-checksum': 'external_checksum',
  '--checksum-algorithm': 'checksum_algorithm',
};

/**
 * The items of a batch file: one `SOURCE DEST` a line, options before or after, as the globus CLI reads it. Pure.
 *
 * An option that stands on no line of its own holds for that line alone. `--` ends the options.
 */
export function readBatch(text: string): Batch {
  const items: BatchItem[] = [];
  const problems: string[] = [];
  text.split(/\r?\n/).forEach((content, index) => {
    const words = readWords(content);
    const item = typeof words === 'string' ? words : words.length === 0 ? undefined : readBatchLine(words);
    if (typeof item === 'string') problems.push(`${index + 1}: ${item}`);
    else if (item) items.push({...item, line: index + 1});
  });
  return {items, problems};
}

function readBatchLine(words: readonly string[]): WrittenItem | string {
  const paths: string[] = [];
  const options: {recursive?: boolean; external_checksum?: string; checksum_algorithm?: string} = {};
  let onlyPaths = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const [name = '', joined] = /^(--[a-z-]+)=(.*)$/.exec(word)?.slice(1) ?? [word];
    const value = onlyPaths ? undefined : own(VALUES, name);
    const flag = onlyPaths ? undefined : own(SWITCHES, word);
    if (!onlyPaths && word === '--') onlyPaths = true;
    else if (flag !== undefined) options.recursive = flag;
    else if (value !== undefined) {
      const given = joined ?? words[++at];
      if (given === undefined) return `${name} has no value`;
      options[value] = given;
    } else if (!onlyPaths && word.startsWith('-'))
      return `unknown option ${JSON.stringify(word)}; known: ${[...Object.keys(SWITCHES), ...Object.keys(VALUES)].join(', ')} (a path that begins with "-" must follow --)`;
    else paths.push(word);
  }
  const [from, to] = paths;
  if (from === undefined || to === undefined || paths.length > 2)
    return `has ${paths.length === 1 ? 'one path' : `${paths.length} paths`}; needs SOURCE and DEST (quote paths with blanks)`;
  return {from, to, ...options};
}
