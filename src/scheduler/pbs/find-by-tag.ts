import type {JobId} from '../../base/job-id.ts';
import {type JobSeen, SearchIncomplete} from '../scheduler.ts';

/** Jobs looked at in one go while tags are searched for. */
const CHUNK = 200;
/** No further question is begun when those without evidence have taken so long: PBS itself may be away. */
const NARROWING_MS = 10_000;

type LookAtJobs = (jobs: readonly JobId[]) => Promise<ReadonlyMap<JobId, JobSeen>>;

/**
 * Which of these jobs carry the tags.
 *
 * A job that is shown with its variables is judged by them, though nothing else of it can be read. Any other one may
 * be the one that is sought: those that gave no evidence together with others are asked about in halves, and at last
 * singly, so that one job that PBS cannot show hides itself alone.
 *
 * @param jobs the newest first: what is sought was submitted lately
 * @throws {SearchIncomplete} when tags were not found, and a job is left that could carry them
 */
export async function findByTag(
  tags: readonly string[],
  jobs: readonly JobId[],
  look: LookAtJobs,
  narrowingMs = NARROWING_MS,
): Promise<ReadonlyMap<string, JobId>> {
  const wanted = new Set(tags);
  const found = new Map<string, JobId>();
  const dark: {readonly job: JobId; readonly why: string}[] = [];
  let narrowedMs = 0;

  function take(job: JobId, seen: JobSeen): void {
    if (seen.kind === 'unknown' || seen.tag === undefined || !wanted.has(seen.tag)) return;
    // Two jobs of one tag: the one that still can run counts.
    if (!found.has(seen.tag) || seen.kind === 'live') found.set(seen.tag, job);
  }

  async function search(asked: readonly JobId[]): Promise<void> {
    const began = performance.now();
    const unseen: {job: JobId; why: string}[] = [];
    for (const [job, seen] of await look(asked)) {
      if (seen.kind === 'no-evidence' && seen.tag === undefined) unseen.push({job, why: seen.why});
      else take(job, seen);
    }
    if (unseen.length === 0) return;
    narrowedMs += performance.now() - began;
    if (asked.length === 1 || narrowedMs > narrowingMs) {
      dark.push(...unseen);
      return;
    }
    const rest = unseen.map(({job}) => job);
    const half = rest.length < asked.length ? rest.length : Math.ceil(rest.length / 2);
    for (const part of [rest.slice(0, half), rest.slice(half)]) if (part.length > 0) await search(part);
  }

  for (let at = 0; at < jobs.length && found.size < wanted.size && narrowedMs <= narrowingMs; at += CHUNK)
    await search(jobs.slice(at, at + CHUNK));
  const [one] = dark;
  if (one && found.size < wanted.size)
    throw new SearchIncomplete(found, `${one.job}, which may be the job in question, cannot be seen: ${one.why}`);
  return found;
}
