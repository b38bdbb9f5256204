import {lineOf, type QsubCommandLine} from './command-line.ts';
import type {Directives} from './read-directives.ts';

/** How PBS names what it does not take, and which option says it. Measured on OpenPBS 23.06. */
const OPTIONS: readonly (readonly [words: RegExp, letter: string])[] = [
  [/illegal -(\w) value/, '$1'],
  [/Unknown queue|Queue is not enabled|illegally formed destination|Unknown Host/, 'q'],
  [/value project/, 'P'],
  [/Bad UID/, 'u'],
  [/Bad GID|value depend|Error \(1500[24]\)/, 'W'],
  [/array job/i, 'W'],
  [/Job name is too long/, 'N'],
];
const RESOURCE =
  /Resource_List\.(\w+)|Unknown resource:? (\w+)|resource is: (\w+)|specification: (\w+)|value select\.(\w+)/;

/** The line of a script that made PBS refuse a job, as far as its words tell; undefined when the command line said it. Pure. */
export function lineOfRefusal(words: string, directives: Directives, said: QsubCommandLine): number | undefined {
  const resource = RESOURCE.exec(words)
    ?.slice(1)
    .find((name) => name !== undefined)
    ?.toLowerCase();
  if (resource !== undefined) return lineOfResource(directives, said, resource);
  for (const [pattern, letter] of OPTIONS) {
    const found = pattern.exec(words);
    if (!found) continue;
    const option = letter === '$1' ? found[1] : letter;
    const hidden = {q: said.queue, P: said.project, N: said.jobName, A: said.account}[option ?? ''];
    return hidden === undefined ? directives.options.findLast((each) => each.letter === option)?.line : undefined;
  }
  return undefined;
}

/** The line of a script that asks for a resource, by itself or within its "select"; undefined when the command line does. */
export function lineOfResource(directives: Directives, said: QsubCommandLine, resource: string): number | undefined {
  if (resource in said.resources) return undefined;
  const within = said.resources.select === undefined && directives.resources.select?.includes(`${resource}=`);
  return lineOf(directives, resource) ?? (within ? lineOf(directives, 'select') : undefined);
}
