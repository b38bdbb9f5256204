import {RESERVED} from '../../base/script-environment.ts';
import {passedTo, reservedNames, unsetNames} from '../../batch-scripts/passed-environment.ts';
import type {Directives} from '../../scheduler/directives/read-directives.ts';

/** What of a script's `-v` cannot be: names of stage itself, and names that this process's environment does not have. */
export function refusedVariables(
  directives: Directives,
  own: Readonly<Record<string, string>>,
): {readonly line: number; readonly what: string}[] {
  const line = directives.options.findLast(({letter}) => letter === 'v')?.line ?? 1;
  const unset = unsetNames(process.env, passedTo(directives, own));
  return [
    ...reservedNames(directives).map((name) => ({line, what: `-v ${name} cannot be used; ${RESERVED}`})),
    ...unset.map((name) => ({
      line,
      what: `-v ${name} takes it from the environment, where it is not set: PBS refuses the job ("cannot send environment with the job"); set it there, or write its value`,
    })),
  ];
}
