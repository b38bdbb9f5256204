import {RESERVED} from '../../base/script-environment.ts';
import {passedTo, reservedNames, unsetNames} from '../../batch-scripts/passed-environment.ts';
import type {Directives} from '../../scheduler/directives/read-directives.ts';

/** What bytes that are not UTF-8 have become. */
const NOT_UTF8 = '\uFFFD';

/**
 * What of a script's `-v` cannot be: names of stage itself, and names that this process's environment does not have.
 * Nor can a value of any option that is not UTF-8: what is handed on would be something else.
 */
export function refusedVariables(
  directives: Directives,
  own: Readonly<Record<string, string>>,
): {readonly line: number; readonly what: string}[] {
  const line = directives.options.findLast(({letter}) => letter === 'v')?.line ?? 1;
  const unset = unsetNames(process.env, passedTo(directives, own));
  const mangled = directives.options.filter(({value}) => value?.includes(NOT_UTF8));
  return [
    ...mangled.map(({letter, line: at}) => ({
      line: at,
      what: `the value of -${letter} is not in UTF-8, and would arrive as something else; convert the script, or say it in the workflow`,
    })),
    ...reservedNames(directives).map((name) => ({line, what: `-v ${name} cannot be used; ${RESERVED}`})),
    ...unset.map((name) => ({
      line,
      what: `-v ${name} takes it from the environment, where it is not set: PBS refuses the job ("cannot send environment with the job"); set it there, or write its value`,
    })),
  ];
}
