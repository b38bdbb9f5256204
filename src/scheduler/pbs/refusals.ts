import type {CommandResult} from '../../process/run-command.ts';

/**
 * One way in which PBS says no: an entry concludes that nothing was done, for qsub that there is no job. The table
 * serves every command that changes a job. A new entry's recorded answer: test/scheduler/fixtures/qsub-refusals.json.
 *
 * Codes are the PBS error number modulo 256. Measured on OpenPBS 23.06.
 */
export interface KnownRefusal {
  readonly code?: number;
  readonly says?: RegExp;
  readonly why: string;
  readonly next: readonly string[];
  /** it may pass by itself */
  readonly retry?: boolean;
  /** PBS takes no more jobs of this user */
  readonly full?: boolean;
}

const WAIT = [
  'Nothing is lost: it can be tried again when jobs of yours have ended.',
  'Set "max_queued" in the profile to what the site allows ("stage profile check" reads it from PBS).',
];
const ASK_QUEUE = 'See what the queue allows: qstat -Q -f';

const LOCAL_ERROR = /^qsub:(?!.*(?:communicat|connect|protocol|timed? ?out))/im;

/** The first one that fits counts. */
const REFUSALS: readonly KnownRefusal[] = [
  {code: 38, why: 'a limit on the number of jobs is reached', next: WAIT, retry: true, full: true},
  {code: 39, why: 'a limit on the resources of your queued jobs is reached', next: WAIT, retry: true},
  {code: 198, why: 'a limit on the number of jobs is reached', next: WAIT, retry: true, full: true},
  {
    code: 170,
    why: 'there is no such queue',
    next: ['See which queues exist: qstat -Q', 'Correct the queue in the workflow or the profile.'],
  },
  {
    code: 173,
    why: 'the queue is disabled for the time being',
    next: ['See which queues accept jobs: qstat -Q', 'Name another queue, or try again when this one is enabled.'],
  },
  {code: 174, why: 'you may not use this queue', next: [ASK_QUEUE, 'Name another queue, or ask the site for access.']},
  {
    code: 159,
    why: 'you are not authorised: the queue, the server or the job is not open to you',
    next: [ASK_QUEUE, 'Name another queue, or ask the site for access.'],
  },
  {
    code: 188,
    why: 'the job asks for more than the queue or the server allows (walltime, cores, memory)',
    next: [
      ASK_QUEUE,
      'Ask for less, or name another queue; "stage profile check" compares the profile with its queues.',
    ],
  },
  {
    code: 187,
    why: 'the site has no such resource',
    next: ['Correct the name: in --resource, or under "resources" of the step or the profile.'],
  },
  {
    code: 166,
    why: 'PBS does not understand a value',
    next: ['Correct the value; PBS names the attribute above.'],
  },
  {
    code: 4,
    why: 'a resource does not belong in "select"',
    next: ['Move it out of "select" into a resource of its own, such as walltime.'],
  },
  {code: 5, why: 'a resource is named both inside and outside of "select"', next: ['Name it inside "select" only.']},
  {code: 7, why: '"place" was given without "select"', next: ['Add "select" to the resources.']},
  {code: 3, why: 'the array is larger than the site allows', next: ['Ask for fewer array members.']},
  {code: 8, why: 'qsub may not read the script', next: ['Make the script readable for yourself: chmod u+r']},
  {
    code: 32,
    says: /file ?systems?|storage/i,
    why: 'a rule of the site rejected the job: it must say which file systems it uses',
    next: ['Name them in the profile, as the site says above: resources: { filesystems: "home:eagle" }'],
  },
  {
    code: 32,
    says: /wall ?time|time limit/i,
    why: 'a rule of the site rejected the job, apparently because of its walltime',
    next: [
      'Set the walltime: --resource walltime=HH:MM:SS, "resources" of the step, or "compute" and "staging" of the profile.',
      ASK_QUEUE,
    ],
  },
  {
    code: 32,
    says: /account|budget|project|allocation|charge/i,
    why: 'a rule of the site rejected the job, apparently because of its account or project',
    next: ['Do what the site says above; "account" and "project" are set in the workflow or the profile.'],
  },
  {code: 32, why: 'a rule of the site rejected the job', next: ['Do what the site says above, or ask its support.']},
  {
    code: 175,
    why: 'your user may not run jobs here',
    next: ['Ask the site whether your user exists on the execution hosts.'],
  },
  {code: 197, why: 'your group may not run jobs here', next: ['Ask the site which group your jobs run under.']},
  {
    code: 171,
    why: 'PBS does not accept your credentials',
    next: ['Ask the site whether jobs may be submitted from this host.'],
  },
  {
    code: 189,
    why: 'no queue was named, and the site has no default queue',
    next: ['Name a queue in the workflow or the profile.'],
  },
  {code: 201, why: 'the account is missing or not valid', next: ['Set "account" in the workflow or the profile.']},
  {code: 55, why: 'this member of the array has finished', next: []},
  {
    says: /shutting down|no free connections|server (is )?(too )?busy/i,
    why: 'the server accepts no requests at the moment',
    next: ['Try again later.'],
    retry: true,
  },
  {code: 156, why: 'the request makes no sense for this job', next: []},
  {code: 153, why: 'PBS does not know the job', next: []},
  {code: 154, why: 'PBS does not know an attribute', next: ['Correct the extra arguments in the profile.']},
  {code: 155, why: 'an attribute may not be set by you', next: []},
  {code: 167, why: 'this cannot be changed while the job runs', next: []},
  {code: 168, why: 'this cannot be done in the state the job is in', next: []},
  {code: 35, why: 'the job has finished', next: []},
  {says: /script contains cr, lf/, why: 'the script has Windows line ends', next: ['Convert it: dos2unix SCRIPT']},
  {
    says: /script file|script not a file/,
    why: 'qsub cannot read the script',
    next: ['See whether it exists and is a file.'],
  },
  {
    says: /directive error/,
    why: 'a #PBS line of the script is wrong',
    next: ['Correct the line; PBS quotes it above.'],
  },
  {
    says: /cannot send environment/,
    why: 'a variable of -v cannot be sent: it is not set, or has quotes or commas',
    next: ['Set the variable, or pass the value by "env" of the step.'],
  },
  {
    says: /illegal -N value|name is too long/i,
    why: 'PBS does not accept the job name',
    next: ['Use 1 to 230 letters, digits and _ . + -'],
  },
  {
    says: /illegal -[oe] value/,
    why: 'qsub does not accept the path of an output file: its host is not known, or it has letters that are not ASCII',
    next: ['Correct the host before the colon of "-o" or "-e", or leave it out; use ASCII characters only.'],
  },
  {
    says: /illegal -\w value|invalid option|^usage: /m,
    why: 'an argument of qsub is wrong',
    next: ['Correct the option; PBS names it above. Extra arguments are in the profile.'],
  },
  // 1 and 2 are errors of qsub itself, before it asks the server; but not everything with these codes is one of them.
  {
    code: 1,
    says: LOCAL_ERROR,
    why: 'qsub could not make sense of the request',
    next: ['Correct what PBS names above.'],
  },
  {
    code: 2,
    says: LOCAL_ERROR,
    why: 'qsub could not make sense of the request',
    next: ['Correct what PBS names above.'],
  },
];

/** The refusal that an answer is, if it is one of those that are known. */
export function knownRefusal(done: CommandResult): KnownRefusal | undefined {
  return REFUSALS.find(
    ({code, says}) => (code === undefined || code === done.exitCode) && (says === undefined || says.test(done.stderr)),
  );
}
