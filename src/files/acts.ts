import {readdirSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {ActDone, ActRequest, Acts, ActTask} from '../base/act.ts';
import {Advance, type Reach} from './advance.ts';
import {Grounds, inDirectory, isPartName} from './grounds.ts';
import {linkThings} from './link-things.ts';
import {listThings} from './list-things.ts';
import {moveAcross} from './move-across.ts';
import {Across, moveThing} from './move-thing.ts';
import {codeOf, leftBecause, troubleOf} from './refusals.ts';
import {removeThings} from './remove-things.ts';

/** Acts on the file systems of this cluster, in this process. */
export function createActs(): Acts {
  return {
    async perform(task, reach = () => {}) {
      if (task.do === 'list') return listThings(task);
      const grounds = new Grounds();
      try {
        return task.do === 'tidy' ? await tidy(task.request, task.tag, grounds) : await act(task, grounds, reach);
      } catch (error) {
        if (error instanceof Across) return {is: 'across'};
        return {is: 'trouble', trouble: troubleOf(error, shownOf(task.request))};
      } finally {
        grounds.close();
      }
    },
  };
}

async function act(task: ActTask & {do: 'act'}, grounds: Grounds, reach: Reach): Promise<ActDone> {
  const {request, scope, tag} = task;
  const advance = new Advance(scope, task.progress, task.bounds, reach);
  switch (request.act) {
    case 'remove':
      await removeThings(request, advance, grounds, 'act');
      break;
    case 'move':
      await (scope.across ? moveAcross(request, tag, advance, grounds) : moveThing(request, advance, grounds));
      break;
    case 'link':
      await linkThings(request, tag, advance, grounds);
  }
  const {progress, trouble} = advance;
  if (progress.finished && (scope.across || scope.copyBytes > 0 || progress.copied > 0))
    await tidy(request, tag, grounds);
  return {is: 'advanced', progress, trouble};
}

/** Remove copies that are not to be finished. Those of this attempt alone bear its tag. */
async function tidy(request: ActRequest, tag: string, grounds: Grounds): Promise<ActDone> {
  const below = request.act === 'move' ? request.below : [];
  const directories = request.act === 'link' ? request.into : request.act === 'move' ? [dirname(request.to)] : [];
  for (const directory of directories) {
    try {
      const place = grounds.directoryAt(directory, [directory, ...below]);
      for (const name of readdirSync(place))
        if (isPartName(name, tag)) await rm(inDirectory(place, name), {recursive: true, force: true});
    } catch (error) {
      // A directory that is gone, or that cannot be read, holds nothing of ours that could be removed.
      if (leftBecause(error) === undefined && codeOf(error) !== 'ENOENT') throw error;
    }
  }
  return {is: 'tidied'};
}

function shownOf(request: ActRequest): string {
  return request.act === 'remove' ? request.paths.join(', ') : request.from;
}
