import {randomUUID} from 'node:crypto';
import type {TaskId} from '../base/ids.ts';
import {type OtherWay, viaOf, type WayName, wayOfTask} from './other-way.ts';
import type {TaskSeen, TransferService} from './transfer-service.ts';

/**
 * A transfer service that sends each request to its way: a request says which, and the id of a task tells. Globus is
 * asked for what is its own alone, so that runs that do not use it need none.
 *
 * @param ways opened when first asked
 */
export function transfersByWay(
  globus: TransferService,
  ways: Readonly<Record<WayName, () => Promise<OtherWay>>>,
): TransferService {
  /** What moves a task, once it is known that Globus does not. */
  const of = (task: TaskId): Promise<OtherWay> | TransferService => {
    const found = wayOfTask(task);
    return found ? ways[found.way]() : globus;
  };
  return {
    ...globus,
    newSubmissionId: async (request) =>
      viaOf(request)
        ? randomUUID()
        : request === undefined
          ? globus.newSubmissionId()
          : globus.newSubmissionId(request),
    async submit(submissionId, request) {
      const via = viaOf(request);
      if (via === undefined || !('items' in request)) return globus.submit(submissionId, request);
      return (await ways[via.by]()).submit(submissionId, request);
    },
    async look(tasks) {
      const asked = [...new Set(tasks.map((task) => wayOfTask(task)?.way))];
      const seen = await Promise.all(
        asked.map(async (way) => {
          const ofIt = tasks.filter((task) => wayOfTask(task)?.way === way);
          return (way ? await ways[way]() : globus).look(ofIt);
        }),
      );
      return new Map<TaskId, TaskSeen>(seen.flatMap((each) => [...each]));
    },
    cancel: async (task) => (await of(task)).cancel(task),
    update: async (task, change) => (await of(task)).update(task, change),
    events: async (task, query) => (await of(task)).events(task, query),
    pauses: async (task) => (await of(task)).pauses(task),
    moved: async (task) => (await of(task)).moved(task),
    skipped: async (task, limit) => (await of(task)).skipped(task, limit),
  };
}
