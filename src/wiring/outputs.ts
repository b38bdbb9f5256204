import {hostname} from 'node:os';
import {type PathMapping, toCluster} from '../config/map-path.ts';
import type {OutputAreas} from '../engine/outputs.ts';
import {type Areas, areasOf, nextAreaName} from '../outputs/areas.ts';
import type {PathSeen} from '../outputs/look-at.ts';
import {itemsOf} from '../workflow/model/items.ts';
import {stageOuts} from '../workflow/model/outputs.ts';
import {HERE} from '../workflow/model/ways.ts';
import type {TransferStep} from '../workflow/model/workflow.ts';
import type {OutputsOnDisk} from './stage.ts';

/** Looked at with the commands of this host. */
export function openOutputs(areas: Areas): OutputsOnDisk {
  return {
    areas,
    async look(path) {
      const [{createRunCommand}, {lookAtPath}] = await Promise.all([
        import('../process/run-command.ts'),
        import('../outputs/look-at.ts'),
      ]);
      return lookAtPath(createRunCommand(), path);
    },
  };
}

/** More items than this are a directory's worth: they are told of, and not named one by one. */
const MOST_PATHS = 1000;

export interface OutputSettings extends OutputsOnDisk {
  readonly by: string;
  readonly clock: () => number;
  /** where collections show directories of the cluster, collections by id */
  readonly mappings: () => Promise<readonly PathMapping[]>;
}

/** The engine's {@link OutputAreas}: what is registered is a path of the cluster, as far as the profile maps it. */
export function createOutputAreas({areas, look, by, clock, mappings}: OutputSettings): OutputAreas {
  const localPaths = async (step: TransferStep) => {
    const known = step.from.collection === HERE ? [] : await mappings();
    return pathsOnCluster(step, known);
  };
  return {
    async mayBeFilled(run, filler, attempt) {
      for (const {step, fillers} of stageOuts(run.state.spec.workflow)) {
        if (!fillers.includes(filler)) continue;
        const paths = await localPaths(step);
        if (paths.length === 0) continue;
        const found = areasOf(areas, run.id, step.name);
        if (found.some((one) => one.is === 'damaged')) continue; // it is told by "stage outputs list"
        const same = found.find((one) => one.is === 'whole' && isSame(one.area.paths, paths));
        const name = same?.is === 'whole' ? same.area.name : nextAreaName(areas, run.id, step.name);
        if (!same) {
          const before = beforeOf(await Promise.all(paths.map(look)));
          const {keepMs} = step;
          const {collection, path} = step.from;
          const place = `${collection}:${path}`;
          const fact = {run: run.id, step: step.name, reason: 'output', place, paths, keepMs, before};
          areas.create(name, 'area', {at: clock(), by, ...fact});
        }
        const filling = same?.is === 'whole' ? same.area : undefined;
        const filledBy = filling?.fillings ?? [];
        if (filledBy.some((one) => one.step === filler && one.attempt === attempt)) continue;
        areas.create(name, `filling-${(filling?.filling ?? 0) + 1}`, {at: clock(), by, step: filler, attempt});
      }
    },
    async mayBeSent(run, step, attempt, totals) {
      const paths = await localPaths(step);
      const found = areasOf(areas, run.id, step.name);
      const one = found.find((each) => each.is === 'whole' && isSame(each.area.paths, paths));
      if (one?.is !== 'whole') return undefined;
      const {name, filling, removal} = one.area;
      if (removal) return `what it would move is being removed, or was, by ${removal.by} (stage outputs sweep)`;
      const seen = await Promise.all(paths.map(look));
      const there = seen.flatMap((each) => {
        if (each.is !== 'there') return [];
        const {is: _, ...what} = each;
        return [what];
      });
      const {files, bytes, cut} = totals ?? {};
      areas.create(name, `seen-${filling}-${attempt}`, {
        at: clock(),
        by,
        host: hostname(),
        found: there,
        files,
        bytes,
        cut,
      });
      return undefined;
    },
  };
}

/** Where jobs find what a transfer moves; none where one of its paths is not known. Pure. */
export function pathsOnCluster(step: TransferStep, mappings: readonly PathMapping[]): string[] {
  const {collection} = step.from;
  const items = itemsOf(step);
  if (items.length > MOST_PATHS) return [];
  const paths = items.map(({from}) => {
    if (from.startsWith('/~')) return undefined; // a home directory at the collection need not be one here
    return collection === HERE ? from : toCluster(mappings, {collection, path: from});
  });
  return paths.some((path) => path === undefined)
    ? []
    : paths.flatMap((path) => (path === undefined ? [] : [path.replace(/\/+$/, '') || '/']));
}

function beforeOf(seen: readonly PathSeen[]): 'absent' | 'there' | 'unknown' {
  if (seen.some(({is}) => is === 'there')) return 'there';
  return seen.every(({is}) => is === 'absent') ? 'absent' : 'unknown';
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((path, index) => path === other[index]);
}
