import {basename} from 'node:path';
import {countSubjobs} from '../../base/job-array.ts';
import type {Profile} from '../../config/profile.ts';
import {EXIT, type ExitCode} from '../../errors.ts';
import {type QsubCommandLine, qsubCommandLine} from '../../scheduler/directives/command-line.ts';
import {lineOfResource} from '../../scheduler/directives/line-of-refusal.ts';
import {type Directives, readDirectives} from '../../scheduler/directives/read-directives.ts';
import {judgeQueue, type Objection, type QueueJudgement, type QueueWish, WEIGHT} from '../../scheduler/judge-queue.ts';
import type {QueueElsewhere, QueueSeen, ServerSeen} from '../../scheduler/site.ts';
import type {JobStep} from '../../workflow/model/workflow.ts';
import {type Finding, fine, isProblem, note, problem} from './findings.ts';

/** The jobs of one step, or those that a part of the profile speaks of. */
export interface JobsToJudge extends QueueWish {
  readonly whose: {readonly step: string} | {readonly part: 'compute' | 'staging'};
  /** where its queue, or a resource, is asked for: `n.sh:2` */
  readonly place?: ((what: 'queue' | {readonly resource: string}) => string | undefined) | undefined;
}

/** The line of a script that asks for a queue or a resource; undefined where the workflow or the profile does. */
function placeOf(
  file: string,
  directives: Directives,
  said: QsubCommandLine,
  what: 'queue' | {readonly resource: string},
): string | undefined {
  const line =
    what === 'queue'
      ? said.queue === undefined
        ? directives.options.findLast(({letter}) => letter === 'q')?.line
        : undefined
      : lineOfResource(directives, said, what.resource);
  return line === undefined ? undefined : `${file}:${line}`;
}

/** The user's jobs, as far as the profile alone says what they ask for. */
export function computeJobs({compute}: Profile): JobsToJudge {
  return {whose: {part: 'compute'}, queue: compute.queue, resources: compute.resources};
}

/** What a job step asks of PBS, by the first that says it: the workflow, a `#PBS` line of its script, the profile. */
export function jobsOfStep(step: JobStep, script: string, {compute}: Profile): JobsToJudge {
  const directives = readDirectives(script);
  const said = qsubCommandLine(directives, step, compute);
  return {
    whose: {step: step.name},
    queue: said.queue ?? directives.queue,
    resources: {...directives.resources, ...said.resources},
    subjobs: step.array && countSubjobs(step.array),
    place: (what) => placeOf(basename(step.script), directives, said, what),
  };
}

/** Launchers, sentinels and monitors, and the longest of the jobs that wait. */
export function stagingJobs({staging, strategy, waitWalltime}: Profile): JobsToJudge {
  const resources = strategy === 'wait' ? {...staging.resources, walltime: waitWalltime} : staging.resources;
  return {whose: {part: 'staging'}, queue: staging.queue, resources};
}

/**
 * What the server's description of itself says of jobs: the words of {@link judgeQueue}, for `stage check`, `stage run`,
 * `stage profile check` and `stage doctor` alike. Pure. What holds for several steps is told once.
 */
export function findQueues(
  jobs: readonly JobsToJudge[],
  server: ServerSeen,
  queues: readonly QueueSeen[],
  elsewhere: Elsewhere = new Map(),
): Finding[] {
  const byText = new Map<string, {finding: Finding; whose: readonly JobsToJudge['whose'][]}>();
  for (const each of jobs) {
    const {whose} = each;
    for (const finding of findingsFor(each, server, queues, elsewhere)) {
      const key = `${'part' in whose ? whose.part : 'steps'}: ${finding.what}: ${finding.why}`;
      byText.set(key, {finding, whose: [...(byText.get(key)?.whose ?? []), whose]});
    }
  }
  return [...byText.values()].map(({finding, whose}) => ({...finding, what: `${nameOf(whose)}: ${finding.what}`}));
}

function nameOf(whose: readonly JobsToJudge['whose'][]): string {
  const names = whose.map((each) => ('step' in each ? each.step : each.part)).join(', ');
  return whose.every((each) => 'part' in each) ? names : `${whose.length === 1 ? 'step' : 'steps'} ${names}`;
}

function findingsFor(
  jobs: JobsToJudge,
  server: ServerSeen,
  queues: readonly QueueSeen[],
  elsewhere: Elsewhere,
): Finding[] {
  const judged = judgeQueue(server, queues, jobs);
  const found = judged.objections.map((objection) =>
    objection.kind === 'at-another-server' && elsewhere.has(objection.destination)
      ? atAnotherServer(objection.destination, elsewhere.get(objection.destination), jobs)
      : wordsFor(objection, {jobs, server, queues}),
  );
  const looked = queues.some((queue) => queue.name === judged.queue);
  if (!looked || found.some(isProblem)) return found;
  return [fine(`queue ${judged.queue} accepts these jobs`, where(jobs, judged, server, queues)), ...found];
}

function where(
  {queue: asked}: QueueWish,
  {queue, endsIn}: QueueJudgement,
  server: ServerSeen,
  queues: readonly QueueSeen[],
): string {
  const routing = queues.find((each) => each.name === queue)?.routing;
  const kind = routing ? `a routing queue of ${server.name}` : `an execution queue of ${server.name}`;
  const onward = routing && endsIn !== undefined ? `; it routes them to ${endsIn}` : '';
  return `${kind}${asked === undefined ? ', its default' : ''}${onward}`;
}

/** What other servers said of the queues that are named at them. */
export type Elsewhere = ReadonlyMap<string, QueueElsewhere>;

function atAnotherServer(destination: string, seen: QueueElsewhere | undefined, {place}: JobsToJudge): Finding {
  const [queue = '', server = ''] = destination.split('@');
  const stands = place?.('queue');
  const where = stands === undefined ? '' : ` (${stands})`;
  switch (seen) {
    case 'unknown-server':
      return problem(
        `there is no server "${server}"${where}`,
        `PBS says "Unknown Host": the name in ${destination} does not resolve on this host`,
        EXIT.usage,
        'Correct the name, or name a queue of this server.',
      );
    case 'no-such-queue':
      return problem(
        `server ${server} has no queue "${queue}"${where}`,
        'it says so itself',
        EXIT.usage,
        `See which it has: qstat -Q @${server}`,
      );
    case 'there':
      return note(
        `${destination} is there`,
        `it is on another server: whether it accepts these jobs was not looked at`,
        `See its limits: qstat -Q -f ${destination}`,
      );
    default:
      return note(
        `${destination} was not checked`,
        `server ${server} did not answer`,
        `Check whether it answers: qstat -B ${server}`,
      );
  }
}

interface Asked {
  readonly jobs: JobsToJudge;
  readonly server: ServerSeen;
  readonly queues: readonly QueueSeen[];
}

interface Words {
  readonly what: string;
  readonly why: string;
  readonly next: string;
  /** of what bars the job; exit 2 when absent */
  readonly exit?: ExitCode;
}

function wordsFor(objection: Objection, asked: Asked): Finding {
  const {what, why, next, exit = EXIT.usage} = words(objection, asked);
  const weight = WEIGHT[objection.kind];
  return weight === 'never' || weight === 'later' ? problem(what, why, exit, next) : note(what, why, next);
}

function words(objection: Objection, asked: Asked): Words {
  const {server, queues} = asked;
  const choose = choice(asked);
  const reasons = (all: readonly Objection[]) => all.map((each) => reason(each, asked)).join('; ');
  switch (objection.kind) {
    case 'no-default-queue':
      return {what: 'no queue is named', why: `server ${server.name} has no default queue`, next: choose};
    case 'no-such-queue': {
      const known = queues.map((queue) => queue.name).join(', ') || 'none';
      return {what: `there is no queue "${objection.queue}"`, why: `server ${server.name} has ${known}`, next: choose};
    }
    case 'no-destination': {
      const why = objection.why.length === 0 ? 'it has no destinations' : reasons(objection.why);
      return {what: `no destination of routing queue ${objection.queue} accepts these jobs`, why, next: choose};
    }
    case 'waits-for-destination': {
      const why = reasons(objection.why);
      return {what: `these jobs may have to wait in routing queue ${objection.queue}`, why, next: choose};
    }
    case 'above':
    case 'below': {
      const [amount, least] = [objection.limit, objection.kind === 'below'];
      const next = `Ask for ${objection.resource} of ${least ? 'at least' : 'at most'} ${amount}. ${choose}`;
      return {
        what: limitBroken(objection),
        why: `${least ? 'at least' : 'at most'} ${amount}${source(objection)}`,
        next,
      };
    }
    case 'array-too-large': {
      const whose = objection.queue === undefined ? `server ${server.name}` : `queue ${objection.queue}`;
      const what = `an array of ${objection.subjobs} subjobs is too large for ${whose}`;
      return {what, why: `at most ${objection.most}`, next: 'Split the array.'};
    }
    case 'unreadable': {
      const what = `${objection.resource} ${objection.asked} is not a length of time`;
      return {what, why: 'it must be HH:MM:SS', next: 'Correct it.'};
    }
    case 'from-route-only': {
      const ways = objection.routes.join(', ');
      const next = ways === '' ? choose : `Name a routing queue that leads there: ${ways}`;
      return {
        what: `queue ${objection.queue} accepts no jobs from users`,
        why: 'from_route_only is set: only routing queues can send jobs to it',
        next,
      };
    }
    case 'disabled':
      return {what: `queue ${objection.queue} accepts no jobs`, why: DISABLED, next: choose, exit: EXIT.unreachable};
    case 'stopped':
      return {
        what: `queue ${objection.queue} starts no jobs`,
        why: 'part' in asked.jobs.whose && asked.jobs.whose.part === 'staging' ? STOPPED_FOR_STAGING : STOPPED,
        next: choose,
      };
    case 'closed':
      return {
        what: `queue ${objection.queue} is not open to you`,
        why: 'its access list does not name you',
        next: choose,
      };
    case 'access-unknown':
      return {
        what: `queue ${objection.queue} is not open to everybody`,
        why: 'access lists are in effect; whether they admit you is known only when a job is submitted',
        next: `See them: qstat -Q -f ${objection.queue}`,
      };
    case 'no-room':
      return {
        what: `queue ${objection.queue} accepts none of your jobs`,
        why: 'its limit for you is 0 jobs',
        next: choose,
      };
    case 'at-another-server':
      return {
        what: `${objection.destination} was not checked`,
        why: `it is on another server; only the queues of ${server.name} were read`,
        next: `Check whether it accepts your jobs: qstat -Q -f ${objection.destination}`,
      };
    case 'leads-back':
      return {
        what: `routing queue ${objection.queue} leads back to itself`,
        why: 'jobs would be routed in a circle',
        next: choose,
      };
  }
}

const DISABLED = 'it is disabled at the moment';
const STOPPED = 'it is stopped at the moment: jobs wait in it';
const STOPPED_FOR_STAGING =
  'it is stopped at the moment: monitors, sentinels and launchers wait in it, and nothing happens by itself';

/** An objection of one destination, in a list of several. */
function reason(objection: Objection, asked: Asked): string {
  const {what, why} = words(objection, asked);
  return objection.kind === 'above' || objection.kind === 'below' ? `${what} (${why})` : what;
}

type LimitBroken = Extract<Objection, {kind: 'above' | 'below'}>;

function limitBroken({kind, resource, asked, queue, byDefault}: LimitBroken): string {
  const whose = queue === undefined ? 'the server' : `queue ${queue}`;
  const amount = `${resource} ${asked}${byDefault ? ', by default,' : ''}`;
  return kind === 'above' ? `${amount} is above what ${whose} allows` : `${amount} is below the minimum of ${whose}`;
}

function source({byDefault}: LimitBroken): string {
  return byDefault ? '; the default is that of the queue or the server' : '';
}

/** Which other queue to name, and where. */
function choice({jobs, server, queues}: Asked): string {
  const open = queues.filter(
    ({name: queue, started}) => started && judgeQueue(server, queues, {...jobs, queue}).taken === 'yes',
  );
  const names = open.map((queue) => queue.name).join(', ') || 'none accepts these jobs now';
  return 'step' in jobs.whose
    ? `Name a queue that accepts these jobs in the workflow or the profile: ${names}`
    : `Name another queue under "${jobs.whose.part}": ${names}`;
}
