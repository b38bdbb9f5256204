import type {Acts} from '../base/act.ts';
import type {Scheduler} from '../scheduler/scheduler.ts';
import type {TransferService} from '../transfer/transfer-service.ts';

/** What `make` promises, made when first asked for and never again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** A Scheduler that is opened by the first question to it. */
export function lazyScheduler(open: () => Promise<Scheduler>): Scheduler {
  return {
    submit: async (request) => (await open()).submit(request),
    release: async (job) => (await open()).release(job),
    hold: async (job) => (await open()).hold(job),
    delete: async (job) => (await open()).delete(job),
    releaseAll: async (jobs) => (await open()).releaseAll(jobs),
    deleteAll: async (jobs) => (await open()).deleteAll(jobs),
    moveStart: async (job, startAt) => (await open()).moveStart(job, startAt),
    look: async (jobs) => (await open()).look(jobs),
    findByTag: async (tags) => (await open()).findByTag(tags),
  };
}

/** Acts that are loaded for the first of them. */
export function lazyActs(open: () => Promise<Acts>): Acts {
  const opened = once(open);
  return {perform: async (task, reach) => (await opened()).perform(task, reach)};
}

/** A TransferService that is opened by the first question to it. */
export function lazyTransfers(open: () => Promise<TransferService>): TransferService {
  return {
    newSubmissionId: async (request) => (await open()).newSubmissionId(request),
    submit: async (submissionId, request) => (await open()).submit(submissionId, request),
    look: async (tasks) => (await open()).look(tasks),
    update: async (task, change) => (await open()).update(task, change),
    cancel: async (task) => (await open()).cancel(task),
    events: async (task, query) => (await open()).events(task, query),
    recent: async (query) => (await open()).recent(query),
    pauses: async (task) => (await open()).pauses(task),
    moved: async (task) => (await open()).moved(task),
    skipped: async (task, limit) => (await open()).skipped(task, limit),
    list: async (place, most) => (await open()).list(place, most),
    stat: async (place) => (await open()).stat(place),
    makeDirectory: async (place) => (await open()).makeDirectory(place),
    collection: async (id) => (await open()).collection(id),
  };
}
