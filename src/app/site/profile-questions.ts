import type {SectionText} from '../../config/edit-config.ts';
import {judgeQueue} from '../../scheduler/judge-queue.ts';
import {limitOf, type QueueSeen, type ServerSeen} from '../../scheduler/site.ts';

/** What a new profile is made of: from flags, or from answers. Everything may be left out. */
export interface ProfileAnswers {
  readonly bin?: string;
  readonly queue?: string;
  readonly account?: string;
  readonly project?: string;
  readonly resources?: Readonly<Record<string, string>>;
  readonly extra?: readonly string[];
  readonly setup?: readonly string[];
  readonly httpsProxy?: string;
  readonly noProxy?: string;
  readonly walltime?: string;
  readonly select?: string;
  readonly stagingQueue?: string;
  readonly stagingSelect?: string;
  readonly stagingWalltime?: string;
  readonly nodeProperty?: string;
  readonly network?: boolean;
  readonly maxQueued?: number;
  readonly strategy?: string;
  readonly waitWalltime?: string;
  readonly credentials?: string;
  readonly collections?: Readonly<Record<string, string>>;
  readonly paths?: readonly {readonly cluster: string; readonly collection: string; readonly path: string}[];
}

/** Something to ask a person. An empty answer takes the proposal; `-` means none. */
export interface ProfileQuestion {
  readonly key:
    | 'queue'
    | 'account'
    | 'project'
    | 'resources'
    | 'stagingQueue'
    | 'network'
    | 'setup'
    | 'httpsProxy'
    | 'credentials';
  readonly text: string;
  readonly proposal?: string;
  readonly choices?: readonly string[];
}

/** What PBS lets us propose. Pure. */
export function proposeFrom(server: ServerSeen, queues: readonly QueueSeen[]): ProfileAnswers {
  const open = queues.filter((queue) => queue.enabled && queue.started);
  const queue = open.find(({name}) => name === server.defaultQueue) ?? open.find(({access}) => access === 'open');
  const staging = stagingQueue(server, queues) ?? queue;
  return {
    queue: queue?.name,
    stagingQueue: staging?.name,
    maxQueued: limitOf(server, [queue ?? [], staging ?? []].flat()),
  };
}

/** By the names that sites give to queues with a network or of small jobs; a guess, which a person confirms. */
const STAGING_NAMES = [
  /^(copyq|copy|data|dm|datamover|transfer|xfer|dtn|stag(e|ing))/i,
  /^(small|serial|shared?|develop|debug)/i,
];
const STAGING_JOB = {resources: {walltime: '00:05:00'}};

function stagingQueue(server: ServerSeen, queues: readonly QueueSeen[]): QueueSeen | undefined {
  const fitting = queues.filter(({name, started}) => {
    const {taken} = judgeQueue(server, queues, {...STAGING_JOB, queue: name});
    return started && (taken === 'yes' || taken === 'unknown');
  });
  return STAGING_NAMES.flatMap((form) => fitting.find(({name}) => form.test(name)) ?? [])[0];
}

/** What to ask, given what flags have said already. Pure. */
export function questionsFor(
  given: ProfileAnswers,
  proposed: ProfileAnswers,
  queues: readonly QueueSeen[],
): ProfileQuestion[] {
  const choices = queues.filter((queue) => queue.enabled).map(({name}) => name);
  const queue = {choices: choices.length > 0 ? choices : undefined};
  const all: ProfileQuestion[] = [
    {key: 'queue', text: 'Queue of your compute jobs', ...queue, ...proposal(proposed.queue)},
    {key: 'account', text: 'Account that jobs are charged to (qsub -A)'},
    {key: 'project', text: 'Project of jobs (qsub -P)'},
    {key: 'resources', text: 'Resources that each job of this site must name, such as filesystems=home:eagle'},
    {
      key: 'stagingQueue',
      text: 'Queue of the short jobs that look after transfers',
      ...queue,
      ...proposal(proposed.stagingQueue),
    },
    {key: 'network', text: 'May jobs of that queue reach the network', choices: ['yes', 'no'], proposal: 'yes'},
    {key: 'setup', text: 'Shell line that makes node available in a job, such as module load nodejs'},
    {key: 'httpsProxy', text: 'Proxy for HTTPS, such as http://proxy.example.org:3128'},
    {key: 'credentials', text: 'File with the Globus client id and secret'},
  ];
  return all.filter(({key}) => given[key] === undefined);
}

/** @returns undefined when the answer does not fit, with the reason in `wrong` */
export function readAnswer(
  question: ProfileQuestion,
  answer: string,
): {readonly value: ProfileAnswers} | {readonly wrong: string} {
  const text = answer.trim() === '' ? (question.proposal ?? '') : answer.trim();
  if (text === '' || text === '-') return {value: {}};
  if (question.choices && !question.choices.includes(text))
    return {wrong: `"${text}" is not one of ${question.choices.join(', ')}`};
  switch (question.key) {
    case 'network':
      return {value: {network: text === 'yes'}};
    case 'setup':
      return {value: {setup: [text]}};
    case 'resources': {
      const resources = readResources(text.split(/\s+/));
      return resources ? {value: {resources}} : {wrong: 'resources are NAME=VALUE, separated by blanks'};
    }
    default:
      return {value: {[question.key]: text}};
  }
}

/** `filesystems=home:eagle` and its like. @returns undefined when one of them is not NAME=VALUE */
export function readResources(words: readonly string[]): Record<string, string> | undefined {
  const pairs = words.map((word) => /^([A-Za-z0-9][\w-]*)=(.+)$/.exec(word));
  if (pairs.some((pair) => pair === null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

/** The section of the configuration file that says all of this, and nothing that was not said. Pure. */
export function sectionOf(answers: ProfileAnswers): SectionText {
  const {bin, account, project, resources, extra, setup, maxQueued, strategy, waitWalltime, collections, paths} =
    answers;
  const proxy = without({https: answers.httpsProxy, no_proxy: answers.noProxy});
  return without({
    scheduler: bin ? {kind: 'pbs', bin} : 'pbs',
    transfer: answers.credentials ? {kind: 'globus', credentials: answers.credentials} : 'globus',
    account,
    project,
    resources,
    extra,
    compute: without({queue: answers.queue, select: answers.select, walltime: answers.walltime}),
    staging: without({
      queue: answers.stagingQueue,
      select: answers.stagingSelect,
      walltime: answers.stagingWalltime,
      node_property: answers.nodeProperty,
      network: answers.network === false ? false : undefined,
    }),
    setup,
    proxy,
    strategy,
    wait_walltime: waitWalltime,
    max_queued: maxQueued,
    collections,
    paths,
  });
}

/** Without what is not said: no value, an empty list, an empty map. */
function without(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) =>
        value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
    ),
  );
}

function proposal(value: string | undefined): {proposal?: string} {
  return value === undefined ? {} : {proposal: value};
}
