import {
  isReserved,
  isTooLong,
  MAX_ENVIRONMENT_BYTES,
  MAX_VARIABLE_BYTES,
  RESERVED,
  variableBytes,
} from '../../base/script-environment.ts';
import {isMap, type Path, type Problem, quote} from './problems.ts';

/** Variables of a script that it could not be started with, or that are not for users to set. */
export function checkEnvironment(path: Path, env: unknown): Problem[] {
  const variables = Object.entries(isMap(env) ? env : {}).map(([name, value]) => ({name, value: String(value)}));
  const problems = variables.flatMap(({name, value}): Problem[] => {
    if (isReserved(name))
      return [{path: [...path, name], at: 'key', text: `${quote(name)} cannot be used; ${RESERVED}`}];
    if (!isTooLong(name, value)) return [];
    const text = `is too long for a variable: no program can be started with more than ${MAX_VARIABLE_BYTES} bytes of one; put it into a file, and its name here`;
    return [{path: [...path, name], at: 'value', text}];
  });
  const total = variables.reduce((sum, {name, value}) => sum + variableBytes(name, value), 0);
  if (problems.length > 0 || total <= MAX_ENVIRONMENT_BYTES) return problems;
  const text = `has ${total} bytes in all: no program can be started with more than ${MAX_ENVIRONMENT_BYTES}; put them into a file`;
  return [{path, at: 'key', text}];
}
