import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as z from 'zod/mini';
import type {Environment} from '../base/environment.ts';
import {NOT_COMPILED, parseJson} from '../base/json.ts';
import {writeWhole} from '../disk/whole-file.ts';

/** What chooses among the logins of the globus CLI (globus-cli 3.41). None of them is a secret. */
export const GLOBUS_VARIABLES = ['GLOBUS_PROFILE', 'GLOBUS_SDK_ENVIRONMENT'] as const;

export type GlobusVariables = Readonly<Record<string, string>>;

/** `globus-variables.json` of a state directory. */
const KEPT = z.looseObject({variables: z.record(z.enum(GLOBUS_VARIABLES), z.optional(z.string()))});

/** Those of an environment that are set. Pure. */
export function globusVariablesIn(env: Environment): GlobusVariables {
  return Object.fromEntries(GLOBUS_VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]] as const] : [])));
}

/** What jobs of stage are given, whichever process submits them. @returns undefined when nothing is kept, or it cannot be read */
export function readGlobusVariables(home: string): GlobusVariables | undefined {
  try {
    const read = KEPT.safeParse(parseJson(readFileSync(fileIn(home), 'utf8')), NOT_COMPILED);
    return read.success ? globusVariablesIn(read.data.variables) : undefined;
  } catch {
    return undefined; // then those of the process that submits count, as before the first run
  }
}

/** Keep those of a person's shell for the jobs of this state directory: the last run that was begun or gone on with counts. */
export function keepGlobusVariables(home: string, variables: GlobusVariables): void {
  const before = readGlobusVariables(home);
  if (before && GLOBUS_VARIABLES.every((name) => before[name] === variables[name])) return;
  writeWhole(fileIn(home), JSON.stringify({variables}));
}

function fileIn(home: string): string {
  return join(home, 'globus-variables.json');
}
