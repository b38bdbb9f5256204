import {join} from 'node:path';
import {ensureSubdirectory} from '../disk/directories.ts';
import {createFact, type FactValue, namesIn} from '../disk/facts.ts';
import {readFacts} from '../disk/read-fact.ts';
import {type Area, foldArea} from './area.ts';
import {kindOfAreaFact} from './area-facts.ts';

/** What reading an area can come to. */
export type AreaRead =
  | {readonly is: 'whole'; readonly area: Area}
  /** one of its facts cannot be used, so that nothing may be concluded */
  | {readonly is: 'damaged'; readonly name: string; readonly why: string};

/** The output areas of a state directory: a directory of facts each. */
export interface Areas {
  /** Names of all areas, in no order. */
  names(): string[];
  /** @returns undefined for one that is not registered */
  read(name: string): AreaRead | undefined;
  /** @returns false when the fact existed */
  create(name: string, fact: string, value: FactValue): boolean;
}

/** How an area is called: after the run, and the step that empties it; numbered where that step empties several, one a round. */
function areaName(run: string, step: string, number: number): string {
  return number === 1 ? `${run}.${step}` : `${run}.${step}~${number}`;
}

/** The areas that a step of a run empties, oldest first. */
export function areasOf(areas: Areas, run: string, step: string): AreaRead[] {
  const found: AreaRead[] = [];
  for (;;) {
    const read = areas.read(areaName(run, step, found.length + 1));
    if (!read) return found;
    found.push(read);
  }
}

/** All areas of a run, in no order. */
export function areasOfRun(areas: Areas, run: string): AreaRead[] {
  return areas.names().flatMap((name) => (name.startsWith(`${run}.`) ? (areas.read(name) ?? []) : []));
}

/** The name of one that is to be registered. */
export function nextAreaName(areas: Areas, run: string, step: string): string {
  return areaName(run, step, areasOf(areas, run, step).length + 1);
}

/** @param directory in the state directory; it need not be there */
export function openAreas(directory: string): Areas {
  return {
    names: () => namesIn(directory).filter((name) => !name.startsWith('.')),
    read(name) {
      const facts = join(directory, name);
      if (namesIn(facts).length === 0) return undefined;
      const {whole, unusable} = readFacts(facts, kindOfAreaFact);
      const [first] = unusable.values();
      if (first) return {is: 'damaged', name, why: `${first.path}: ${first.why}`};
      const area = foldArea(name, whole);
      return area && {is: 'whole', area};
    },
    create(name, fact, value) {
      if (!kindOfAreaFact(fact)) throw new RangeError(`${fact} is no fact of an output area`);
      ensureSubdirectory(directory);
      ensureSubdirectory(join(directory, name));
      return createFact(join(directory, name), fact, value);
    },
  };
}
