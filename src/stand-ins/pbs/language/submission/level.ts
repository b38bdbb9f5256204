import {failed, Stop, usageError} from '../answer.ts';
import {readArrayRange} from '../array-range.ts';
import {readDirectives} from '../directives.ts';
import {checkName, legalValue, readAttributes} from '../option-values.ts';
import {type GivenArguments, OPTIONS, readArguments} from '../options.ts';
import {type AskedResource, splitResources} from '../resources.ts';

/** One source of options: the command line, a script's directives, or the site's defaults. */
export interface Level {
  readonly single: ReadonlyMap<string, string>;
  readonly resources: readonly AskedResource[];
  readonly attributes: readonly {readonly name: string; readonly value: string}[];
}

export const emptyLevel: Level = {single: new Map(), resources: [], attributes: []};

export function readLevel(given: GivenArguments): Level {
  const single = new Map<string, string>();
  const resources: AskedResource[] = [];
  const attributes: {name: string; value: string}[] = [];
  const wrong: string[] = [];
  for (const {letter, value} of given.options) {
    if (letter === 'l') resources.push(...splitResources(value));
    else if (letter === 'W') {
      const read = readAttributes(value);
      if (!read) wrong.push('illegal -W value');
      else attributes.push(...read);
    } else {
      if (letter === 'N') {
        if (value === '--') throw new Stop(usageError([])); // measured: the usage alone
        const checked = checkName(value);
        if (checked === 'too-long') throw new Stop(failed('qsub: Job name is too long \n', 2));
        if (checked === 'illegal') wrong.push('illegal -N value');
      } else if (letter === 'J') {
        if (!readArrayRange(value)) wrong.push('illegal -J value');
      } else if (letter === 'X') wrong.push('DISPLAY not set');
      else if (letter !== 'h' && !legalValue(letter, value)) wrong.push(`illegal -${letter} value`);
      single.set(letter, value);
    }
  }
  if (wrong.length > 0) throw new Stop(usageError(wrong));
  return {single, resources, attributes};
}

export function directiveLevel(script: string, prefix: string): Level {
  const all: Level[] = readDirectives(script, prefix).map((words) => {
    const given = readArguments(words, OPTIONS.qsub ?? '');
    if (given.complaints.length > 0 || given.operands.length > 0) {
      const complaints = given.complaints.map((text) => `qsub: ${text}\n`).join('');
      throw new Stop(
        failed(`${complaints}qsub: directive error: ${given.permuted.map((word) => `${word} `).join('')}\n`, 1),
      );
    }
    return readLevel(given);
  });
  return {
    single: new Map(all.flatMap((level) => [...level.single])),
    resources: all.flatMap((level) => level.resources),
    attributes: all.flatMap((level) => level.attributes),
  };
}

/** `-l` merges per resource; the command line wins over directives, those over the site's defaults. */
export function mergeResources(levels: readonly Level[]): AskedResource[] {
  return levels.flatMap((level, at) =>
    level.resources.filter(
      ({name}) => !levels.slice(at + 1).some((later) => later.resources.some((r) => r.name === name)),
    ),
  );
}
