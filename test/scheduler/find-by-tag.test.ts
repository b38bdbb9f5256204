import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {JobId} from '../../src/base/job-id.ts';
import {findByTag} from '../../src/scheduler/pbs/find-by-tag.ts';
import {type JobSeen, SearchIncomplete} from '../../src/scheduler/scheduler.ts';
import {jobId} from './recorded.ts';

const NO_EVIDENCE: JobSeen = {kind: 'no-evidence', why: 'it could not be read'};
const live = (tag: string): JobSeen => ({
  kind: 'live',
  state: 'queued',
  userHold: false,
  otherHold: false,
  name: 'j',
  queue: 'workq',
  tag,
});

/** Jobs with tags; whatever is asked together with a spoiler gives no evidence at all. */
function server(tags: readonly string[], spoilers: readonly number[] = []) {
  const ids = tags.map((_, n) => jobId(`${n}.s`));
  const asked: number[] = [];
  const look = async (jobs: readonly JobId[]) => {
    asked.push(jobs.length);
    const spoilt = jobs.some((job) => spoilers.includes(ids.indexOf(job)));
    return new Map(jobs.map((job) => [job, spoilt ? NO_EVIDENCE : live(tags[ids.indexOf(job)] ?? '')]));
  };
  return {ids, look, asked};
}

test('one job that spoils every answer it is in hides itself alone, at the cost of a few questions', async () => {
  const tags = Array.from({length: 200}, (_, n) => `t${n}`);
  const pbs = server(tags, [77]);
  const wanted = tags.filter((tag) => tag !== 't77');
  expect(await findByTag(wanted, pbs.ids, pbs.look)).toEqual(new Map(wanted.map((tag) => [tag, `${tag.slice(1)}.s`])));
  expect(pbs.asked.length).toBeLessThan(20);
});

test('of a tag that was not found nothing is concluded while a job is left that may carry it', async () => {
  const pbs = server(['a', 'b', 'c'], [1]);
  const error = await findByTag(['a', 'b'], pbs.ids, pbs.look).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SearchIncomplete);
  expect((error as SearchIncomplete) /* asserted above */.found).toEqual(new Map([['a', '0.s']]));
});

test('a PBS that answers nothing is not asked about each job when its silence takes long', async () => {
  const tags = Array.from({length: 500}, (_, n) => `t${n}`);
  const pbs = server(tags);
  const none = async (jobs: readonly JobId[]) => {
    await pbs.look(jobs);
    return new Map(jobs.map((job) => [job, NO_EVIDENCE]));
  };
  await expect(findByTag(['t4'], pbs.ids, none, 0)).rejects.toThrow(SearchIncomplete);
  expect(pbs.asked).toEqual([200]);
});

test('a job of which only the variables can be read is judged by them', async () => {
  const look = async () =>
    new Map<JobId, JobSeen>([
      [jobId('1.s'), {...NO_EVIDENCE, tag: 'ours'}],
      [jobId('2.s'), {...NO_EVIDENCE, tag: ''}],
    ]);
  const ids = [jobId('1.s'), jobId('2.s')];
  expect(await findByTag(['ours', 'never'], ids, look)).toEqual(new Map([['ours', '1.s']]));
});

test('whichever jobs spoil answers, a tag is found or thrown for, and absent only when no job carries it', async () => {
  const jobs = fc.array(fc.record({tag: fc.constantFrom('', 'a', 'b'), spoils: fc.boolean()}), {maxLength: 6});
  await fc.assert(
    fc.asyncProperty(jobs, async (all) => {
      const spoilers = all.flatMap(({spoils}, n) => (spoils ? [n] : []));
      const pbs = server(
        all.map(({tag}) => tag),
        spoilers,
      );
      const seen = (tag: string) => all.some((job) => job.tag === tag && !job.spoils);
      const told = await findByTag(['a', 'b'], pbs.ids, pbs.look).catch((error: unknown) => {
        if (!(error instanceof SearchIncomplete)) throw error;
        return error;
      });
      const found = told instanceof SearchIncomplete ? told.found : told;
      expect(['a', 'b'].map((tag) => found.has(tag))).toEqual(['a', 'b'].map(seen));
      expect(told instanceof SearchIncomplete).toBe(spoilers.length > 0 && found.size < 2);
    }),
  );
});
