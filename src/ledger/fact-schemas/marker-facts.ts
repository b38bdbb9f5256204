import * as z from 'zod/mini';
import {job, text, time, told, yes} from './fields.ts';
import {kind, type RunFactKind} from './run-fact-kind.ts';

const JUDGED_BY_PBS = 'what PBS says of the job decides; where it has forgotten it, the attempt counts as lost';

/** What jobs write themselves, on their nodes (pbs/job-wrapper.sh). */
export const MARKER_FACTS = {
  start: kind(
    'the start of a job',
    z.looseObject({job: z.optional(job), host: z.optional(text), at: told, void: yes}),
    {
      byName: true,
    },
  ),
  altered: kind('a job that found another script than was recorded', z.looseObject({job: z.optional(job), at: told}), {
    byName: true,
  }),
  end: kind(
    'the end of a job',
    z.looseObject({
      job: z.optional(job),
      exit: time,
      terminated: z.optional(z.boolean()),
      delivers: z.optional(z.boolean()),
      at: told,
    }),
    {moved: JUDGED_BY_PBS},
  ),
  status: kind(
    'the exit status of a script',
    z.looseObject({job: z.optional(job), exit: time, delivers: z.optional(z.boolean()), at: told}),
    {moved: JUDGED_BY_PBS},
  ),
  term: kind('a job that was told to end', z.looseObject({job: z.optional(job), at: told}), {byName: true}),
} as const satisfies Readonly<Record<string, RunFactKind>>;
