/** What PBS's scheduler says of a job that does not start. */
export interface CommentMeaning {
  readonly code: string;
  readonly means: string;
  readonly next: readonly string[];
  readonly person?: true;
}

const BY_ITSELF = 'It starts by itself; there is nothing to do but wait.';

/** The first that fits counts. Sources: comments measured on OpenPBS 23.06, and its scheduler's `misc.c`. */
const COMMENTS: readonly (CommentMeaning & {readonly says: RegExp})[] = [
  {
    says: /^Can Never Run|can never (run|be satisfied)/i,
    code: 'JOB_CAN_NEVER_RUN',
    means: 'no node of the site can ever run what it asks for',
    next: [
      'See what the nodes have: pbsnodes -av',
      'Ask for less (--resource, or "resources" of the step), then: stage cancel {run}, and stage run again.',
    ],
    person: true,
  },
  {
    says: /queue not started/i,
    code: 'JOB_QUEUE_STOPPED',
    means: 'queue {queue} is stopped and starts no jobs',
    next: [
      'See the queues: qstat -Q',
      'It starts when the site starts the queue; moving it to another one: qmove QUEUE {job}',
    ],
  },
  {
    says: /would conflict with reservation|reservation|dedicated time/i,
    code: 'JOB_BEFORE_RESERVATION',
    means: 'a reservation of the site is in its way: it would not end before that begins',
    next: [
      'See reservations: pbs_rstat',
      'A shorter walltime may let it start before: qalter -l walltime=HH:MM:SS {job}',
    ],
  },
  {
    says: /prime.?time/i,
    code: 'JOB_PRIMETIME',
    means: 'its queue starts jobs only at certain hours',
    next: [BY_ITSELF, 'See the queues: qstat -Q -f {queue}'],
  },
  {
    says: /running job limit|limit on (running|jobs)|run limit|has reached .* limit/i,
    code: 'JOB_RUN_LIMIT',
    means: 'a limit on jobs that run at once is reached',
    next: ['It starts when one of those has ended. See them: qstat -u $USER'],
  },
  {
    says: /resource limit|would exceed .*limit/i,
    code: 'JOB_RESOURCE_LIMIT',
    means: 'a limit on resources in use at once is reached',
    next: ['It starts when other jobs have released theirs. See the limits: qstat -Q -f {queue}'],
  },
  {
    says: /too many failed attempts/i,
    code: 'JOB_FAILED_STARTS',
    means: 'PBS failed to start it too often, and holds it',
    next: [
      'Ask the site what is wrong with its nodes; only they can end the hold.',
      'See what PBS recorded: tracejob {job}',
    ],
    person: true,
  },
  {
    says: /ineligible|offline|down node|not available/i,
    code: 'JOB_NODES_AWAY',
    means: 'the nodes that it needs are down or offline',
    next: ['See the nodes: pbsnodes -l', BY_ITSELF],
  },
  {
    says: /not enough|insufficient|no available resources|not available|host set/i,
    code: 'JOB_NO_NODES',
    means: 'no free nodes for what it asks for at the moment',
    next: [BY_ITSELF],
  },
  {
    says: /draining|starving|top job/i,
    code: 'JOB_BEHIND_TOP_JOB',
    means: 'the scheduler keeps nodes free for a job of higher priority',
    next: [BY_ITSELF],
  },
];

/** @returns undefined for a comment that is in no list: it is shown as it is */
export function meaningOfComment(comment: string): CommentMeaning | undefined {
  const found = COMMENTS.find(({says}) => says.test(comment));
  return found && {code: found.code, means: found.means, next: found.next, ...(found.person ? {person: true} : {})};
}
