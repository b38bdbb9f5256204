import {isBelow, overlap, readAbsolutePath} from '../../base/paths.ts';
import {isNeeded, touchedBy} from '../model/acts.ts';
import type {PlaceNames} from '../model/places.ts';
import type {Workflow} from '../model/workflow.ts';
import {isMap, type Path, type Problem, quote} from './problems.ts';

/**
 * What the schema cannot see of the steps that act on the file systems of the cluster. What is removed is gone: what could
 * mean more than was meant is refused. Silent on whatever has a wrong type.
 *
 * @param path of the step
 */
export function checkAct(path: Path, step: Readonly<Record<string, unknown>>): Problem[] {
  return [
    ...checkLink([...path, 'link'], step.link),
    ...checkMove([...path, 'move'], step.move),
    ...checkRemove([...path, 'remove'], step.remove),
  ];
}

interface Written {
  readonly path: Path;
  readonly text: string;
}

interface ReadPath extends Written {
  readonly at: string;
}

/** The texts of a value that is one or a list, with where each stands. */
function textsAt(path: Path, value: unknown): Written[] {
  if (typeof value === 'string') return [{path, text: value}];
  if (!Array.isArray(value)) return [];
  return value.flatMap((text: unknown, index) => (typeof text === 'string' ? [{path: [...path, index], text}] : []));
}

function readAll(written: readonly Written[]): {readonly paths: ReadPath[]; readonly problems: Problem[]} {
  const paths: ReadPath[] = [];
  const problems: Problem[] = [];
  for (const {path, text} of written) {
    const read = readAbsolutePath(text);
    if (typeof read === 'string') problems.push(wrong({path}, `${quote(text)} ${read}`));
    else paths.push({path, text, at: read.path});
  }
  return {paths, problems};
}

function wrong({path}: Pick<Written, 'path'>, text: string): Problem {
  return {path, at: 'value', text};
}

function checkLink(path: Path, link: unknown): Problem[] {
  if (!isMap(link)) return [];
  const from = readAll(textsAt([...path, 'from'], link.from));
  const into = readAll(textsAt([...path, 'into'], link.into));
  const [source] = from.paths;
  const same = into.paths.filter(({at}) => source && at === source.at);
  const whole = from.paths.filter(({at}) => at === '/');
  return [
    ...from.problems,
    ...into.problems,
    ...whole.map((one) => wrong(one, 'is the whole file system; name what is in it')),
    ...same.map((one) => wrong(one, 'is the same place as "from"; needs another directory')),
    ...twice(into.paths),
  ];
}

function checkMove(path: Path, move: unknown): Problem[] {
  if (!isMap(move)) return [];
  const below = readBelow(path, move.below);
  const from = readAll(textsAt([...path, 'from'], move.from));
  const to = readAll(textsAt([...path, 'to'], move.to));
  const [source, target] = [from.paths[0], to.paths[0]];
  const inside =
    source && target && overlap(source.at, target.at)
      ? [wrong(target, 'lies in what is moved, or is the same place, or holds it; needs another place')]
      : [];
  return [
    ...below.problems,
    ...from.problems,
    ...to.problems,
    ...checkBelow([...from.paths, ...to.paths], below.paths),
    ...inside,
  ];
}

function checkRemove(path: Path, remove: unknown): Problem[] {
  if (!isMap(remove)) return [];
  const below = readBelow(path, remove.below);
  const {paths, problems} = readAll(textsAt([...path, 'path'], remove.path));
  const nested = paths.filter(({at}, index) => paths.some((other, its) => its !== index && isBelow(at, other.at)));
  return [
    ...below.problems,
    ...problems,
    ...checkBelow(paths, below.paths),
    ...nested.map((one) => wrong(one, 'lies below another path of the list, and is removed with that; leave it out')),
    ...twice(paths),
  ];
}

function readBelow(path: Path, value: unknown) {
  const {paths, problems} = readAll(textsAt([...path, 'below'], value));
  const whole = paths
    .filter(({at}) => at === '/')
    .map((one) => wrong(one, 'is the whole file system; name a directory'));
  return {paths, problems: [...problems, ...whole]};
}

function checkBelow(paths: readonly ReadPath[], below: readonly ReadPath[]): Problem[] {
  if (below.length === 0) return [];
  const directories = below.map(({at}) => at).join(', ');
  return paths.flatMap((one) => {
    if (below.some(({at}) => isBelow(one.at, at))) return [];
    const itself = below.some(({at}) => at === one.at);
    const what = itself ? 'is the directory that "below" names' : `does not lie below ${directories}`;
    return [wrong(one, `${what}; needs what lies below it`)];
  });
}

function twice(paths: readonly ReadPath[]): Problem[] {
  return paths.flatMap((one, index) =>
    paths.findIndex(({at}) => at === one.at) < index
      ? [wrong(one, `names ${quote(one.text)} twice; once is enough`)]
      : [],
  );
}

/** What removes or moves what a transfer reads or wrote must need that transfer. */
export function checkTouched({steps}: Workflow, names: PlaceNames): Problem[] {
  const told = new Set<string>();
  return touchedBy(steps, names).flatMap(({step, path, transfer}) => {
    const key = `${step.name} ${transfer}`;
    if (isNeeded(steps, transfer, step.name) || told.has(key)) return [];
    told.add(key);
    const text = `takes away ${path}, which the transfer ${quote(transfer)} reads or writes; add needs: [${transfer}], so that it has succeeded before, or let the transfer wait for this step`;
    return [{path: ['steps', step.name], at: 'key', text}];
  });
}
