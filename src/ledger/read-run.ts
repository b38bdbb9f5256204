import {join} from 'node:path';
import type {FactValue} from '../disk/facts.ts';
import {type FactRead, inItsPlace, readFacts} from '../disk/read-fact.ts';
import {LedgerDamaged, missing, type WayOut} from './damage.ts';
import type {RunFactKind} from './fact-schemas/run-fact-kind.ts';
import {nameOfKind, RUN_FACTS} from './fact-schemas/run-facts.ts';
import type {RunId} from './state-directory.ts';

/** @throws {LedgerDamaged} for anything but a whole fact: one that is absent has to be there */
export function whole<T>(read: FactRead<T>, path: string, wayOut: WayOut = {}): T {
  if (read.is === 'whole') return read.value;
  throw new LedgerDamaged(read.is === 'absent' ? missing(path) : read, wayOut);
}

export function kindOfFact(name: string): RunFactKind | undefined {
  const kind = nameOfKind(name);
  return kind && RUN_FACTS[kind];
}

export function wayOutOf(run: RunId): WayOut {
  return {giveUp: `stage cancel ${run} --give-up`};
}

/**
 * The facts of a run. A marker whose name says enough counts when a loss of power has cut it short.
 *
 * @throws {LedgerDamaged} for any other that cannot be used, and when there is no such directory: a run has one from its
 *   first moment
 */
export function readRunFacts(
  run: RunId,
  directory: string,
  known?: ReadonlyMap<string, FactValue>,
): Map<string, FactValue> {
  const kindOf = (name: string): RunFactKind | undefined => {
    const kind = kindOfFact(name);
    if (kind || !isDecision(name)) return kind;
    const why = 'it is a decision that this version of stage does not know';
    throw new LedgerDamaged({is: 'newer', path: join(directory, `${name}.json`), why}, wayOutOf(run));
  };
  const {whole: found, unusable} = readDirectory(directory, wayOutOf(run), () =>
    readFacts(directory, kindOf, known, {run}),
  );
  const facts = new Map(found);
  for (const [name, fact] of unusable) {
    const {byName, moved} = kindOf(name) ?? {};
    if (!byName || fact.is !== 'damaged' || !fact.cut) throw new LedgerDamaged(fact, {...wayOutOf(run), moved});
    facts.set(name, {});
  }
  return facts;
}

/** @throws {LedgerDamaged} where the directory is missing, or is none */
function readDirectory<T>(path: string, wayOut: WayOut, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new LedgerDamaged(missing(path), wayOut);
    const why = inItsPlace(path, code);
    if (why === undefined) throw error;
    throw new LedgerDamaged({is: 'damaged', path, why}, wayOut);
  }
}

/** A fact that a person has decided. */
export function isDecision(fact: string): boolean {
  return fact.startsWith('decision.');
}
