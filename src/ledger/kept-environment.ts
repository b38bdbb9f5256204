import {createHash} from 'node:crypto';
import {join} from 'node:path';
import {createFact} from '../disk/facts.ts';
import {readFact} from '../disk/read-fact.ts';
import {LedgerDamaged, missing} from './damage.ts';
import {ENVIRONMENT} from './fact-schemas/run-record.ts';
import type {RunState} from './run-facts.ts';
import type {RunId, RunLayout} from './state-directory.ts';

/** Variables of a person's shell, by name. */
export type KeptVariables = Readonly<Record<string, string>>;

/**
 * Keep the environment in which a run was created or updated, for its owner alone: its jobs are given what `#PBS -V` and
 * `-v NAME` mean there, whichever process submits them.
 *
 * @returns the name of its file, without `.json`; undefined when there is nothing to keep
 */
export function keepVariables(directory: string, run: RunId, variables: KeptVariables | undefined): string | undefined {
  if (variables === undefined) return undefined;
  // Two people may update a run at once: each has a file of their own, and the decision that counts names one.
  const name = `environment-${createHash('sha256').update(JSON.stringify(variables)).digest('hex').slice(0, 16)}`;
  createFact(directory, name, {variables, run});
  return name;
}

/** What was kept for a step, as it is by now. @returns undefined when nothing was. @throws {LedgerDamaged} when it is there no more */
export function keptFor(
  {id, layout, state}: {readonly id: RunId; readonly layout: RunLayout; readonly state: RunState},
  step: string,
): KeptVariables | undefined {
  const {environment} = state.updates.findLast(({changed}) => changed.includes(step)) ?? state.original;
  if (environment === undefined) return undefined;
  const read = readFact(layout.directory, environment, ENVIRONMENT, {run: id});
  if (read.is === 'whole') return read.value.variables;
  throw new LedgerDamaged(read.is === 'absent' ? missing(join(layout.directory, `${environment}.json`)) : read);
}
