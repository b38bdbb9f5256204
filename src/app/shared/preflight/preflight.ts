import type {SourceTotals} from '../../../base/source-totals.ts';
import {within} from '../../../base/time.ts';
import type {Profile} from '../../../config/profile.ts';
import {EXIT, StageError} from '../../../errors.ts';
import {isElsewhere} from '../../../scheduler/judge-queue.ts';
import {limitOf, type QueueSeen, type ServerSeen, type Site} from '../../../scheduler/site.ts';
import {createSourceListing} from '../../../transfer/source-listing.ts';
import type {WorkflowStage} from '../../../wiring/stage.ts';
import {withFirstNumbers} from '../../../workflow/model/numbers.ts';
import type {Step} from '../../../workflow/model/workflow.ts';
import {findLeftOut} from '../environment-kept.ts';
import {exitOfFindings, type Finding, isProblem, note, problemOf} from '../findings.ts';
import {findForJobs} from '../jobs-sign-in.ts';
import type {PreparedWorkflow} from '../prepare-run.ts';
import {type Elsewhere, findQueues, type JobsToJudge, jobsOfStep, stagingJobs} from '../queue-findings.ts';
import {askCollections, namesOf, planQuestions} from './ask-collections.ts';
import {askForOutputHosts} from './ask-for-output-hosts.ts';
import {askForResources} from './ask-for-resources.ts';
import {findAtGlobus} from './check-at-globus.ts';
import {findDirectory, stopsEveryRun} from './check-directory.ts';
import {findLimits} from './find-limits.ts';
import {findWays} from './find-ways.ts';
import {listSources} from './list-sources.ts';

export interface PreflightRequest {
  /** make and delete a directory at each destination */
  readonly probe: boolean;
  /** steps whose transfer exists already: their source need not be there any more */
  readonly adopted: readonly string[];
  /** is told how many jobs of the user PBS takes at a time, where it says so */
  readonly onLimit?: (limit: number | undefined) => void;
  /** is told how much the transfers are to move that nothing comes before, as far as their sources could be listed */
  readonly onSources?: ((totals: ReadonlyMap<string, SourceTotals>) => void) | undefined;
}

/**
 * Whether a workflow can work, as far as PBS, Globus and the disk can tell now: all are asked side by side. Changes
 * nothing, unless a probe is asked for. What could not be queried is a note, and no reason against the workflow.
 *
 * @throws {StateDirectoryGone}
 */
export async function preflight(
  stage: WorkflowStage,
  asked: PreparedWorkflow,
  request: PreflightRequest,
): Promise<Finding[]> {
  const prepared = {...asked, workflow: withFirstNumbers(asked.workflow)};
  stage.requireState();
  const directory = findDirectory(stage.ledger.layout.home);
  if (directory.some(isProblem)) return directory; // the others would need it
  const sources = new Map<string, SourceTotals>();
  const wantsSources = prepared.workflow.claims?.some(({amount}) => amount === 'auto') ?? false;
  const onSources = (totals: ReadonlyMap<string, SourceTotals>) => {
    for (const [step, each] of totals) sources.set(step, each);
    request.onSources?.(totals);
  };
  const asks = {...request, onSources: request.onSources || wantsSources ? onSources : undefined};
  const [pbs, globus, ways] = await Promise.all([
    askPbs(stage, prepared, request).catch((error: unknown) => [notAsked('PBS', error)]),
    askGlobus(stage, prepared, asks).catch((error: unknown) => [notAsked('Globus', error)]),
    findWays(stage.ways, prepared.workflow),
  ]);
  const forJobs = prepared.workflow.steps.some(asksGlobus) ? findForJobs(stage, process.env) : [];
  const limits = findLimits(stage.limits.settings, prepared.workflow, sources);
  return [...directory, ...findLeftOut(prepared), ...limits, ...pbs, ...globus, ...ways, ...forJobs];
}

/**
 * How many jobs of the user PBS takes at a time in the queues of a workflow, and nothing else.
 *
 * @returns undefined where it does not say so within the time: it may refuse jobs later, which are then tried again
 */
export async function queueLimitFor(
  stage: WorkflowStage,
  prepared: PreparedWorkflow,
  longestMs: number,
): Promise<number | undefined> {
  const jobs = jobsOf(prepared, stage.profile);
  if (jobs.length === 0) return undefined;
  const site = await stage.site();
  const asked = Promise.all([site.server(), site.queues()]);
  const [server, queues] =
    (await within(
      longestMs,
      asked.catch(() => undefined),
    )) ?? [];
  return server && queues && limitIn(jobs, server, queues);
}

function limitIn(jobs: readonly JobsToJudge[], server: ServerSeen, queues: readonly QueueSeen[]): number | undefined {
  const names = new Set(jobs.map(({queue}) => queue ?? server.defaultQueue));
  return limitOf(
    server,
    queues.filter(({name}) => names.has(name)),
  );
}

/** The jobs of the workflow, and those that look after it. */
async function askPbs(
  stage: WorkflowStage,
  prepared: PreparedWorkflow,
  {onLimit}: PreflightRequest,
): Promise<Finding[]> {
  const jobs = jobsOf(prepared, stage.profile);
  if (jobs.length === 0) return [];
  const site = await stage.site();
  const [server, queues] = await Promise.all([site.server(), site.queues()]);
  onLimit?.(limitIn(jobs, server, queues));
  const [elsewhere, resources, hosts] = await Promise.all([
    askElsewhere(site, jobs, server),
    askForResources(site, jobs, server, queues),
    askForOutputHosts(site, prepared, server.name),
  ]);
  return [...findQueues(jobs, server, queues, elsewhere), ...resources, ...hosts];
}

/** Ask the other servers that queues are named at. */
async function askElsewhere(site: Site, jobs: readonly JobsToJudge[], server: ServerSeen): Promise<Elsewhere> {
  const named = jobs.flatMap(({queue}) => (queue !== undefined && isElsewhere(queue, server) ? [queue] : []));
  return new Map(
    await Promise.all([...new Set(named)].map(async (queue) => [queue, await site.queueAt(queue)] as const)),
  );
}

/** What each job step asks of PBS. */
function jobsOf({workflow, scripts}: PreparedWorkflow, profile: Profile): JobsToJudge[] {
  const jobs = workflow.steps.flatMap((step): JobsToJudge[] => {
    if (step.kind !== 'job') return [];
    return [jobsOfStep(step, new TextDecoder().decode(scripts.get(step.name)), profile)];
  });
  return profile.staging.network ? [...jobs, stagingJobs(profile)] : jobs;
}

async function askGlobus(
  stage: WorkflowStage,
  {workflow}: PreparedWorkflow,
  {probe, adopted, onSources}: PreflightRequest,
): Promise<Finding[]> {
  const questions = planQuestions(workflow, adopted);
  if (questions.length === 0) return [];
  const engine = await stage.engine();
  const listing = createSourceListing(engine.transfers, engine.clock);
  const [answers, totals] = await Promise.all([
    askCollections(engine.transfers, listing, questions),
    onSources ? listSources(listing, workflow) : undefined,
  ]);
  if (totals) onSources?.(totals);
  const found = findAtGlobus(questions, answers, namesOf(workflow, await stage.collections()), Date.now());
  if (!probe || found.some(isProblem)) return found;
  const {probeDestinations} = await import('./probe-destinations.ts');
  return [...found, ...(await probeDestinations(engine, questions, namesOf(workflow, await stage.collections())))];
}

/** A refusal to sign in needs a person; a missing answer does not, and concludes nothing. */
function notAsked(whom: 'PBS' | 'Globus', error: unknown): Finding {
  if (!(error instanceof StageError)) throw error;
  if (error.exit !== EXIT.unreachable) return problemOf(error, `${whom} cannot be used`);
  const {why, next} = problemOf(error);
  return {
    ...note(`${whom} could not be queried`, [error.message, why].filter(Boolean).join(': '), ...next),
    exit: error.exit,
  };
}

/** @throws {CheckFailed} when a finding is a problem */
export function requirePassed(name: string, findings: readonly Finding[]): void {
  const problems = findings.filter(isProblem);
  if (problems.length > 0) throw new CheckFailed(name, problems);
}

/** The check before a new run found what it cannot work with. Nothing was created. */
export class CheckFailed extends StageError {
  constructor(name: string, problems: readonly Finding[]) {
    super({
      code: 'CHECK_FAILED',
      exit: exitOfFindings(problems, false),
      what: `run "${name}" was not created: it cannot work as it is`,
      details: problems.map(({what, why}) => `${what}: ${why}`),
      next: [
        ...new Set(problems.flatMap(({next}) => next)),
        ...(problems.every(stopsEveryRun)
          ? ['Then run the same command again.']
          : ['To start it anyway, for example when a source appears later: the same command with --no-check']),
      ],
    });
  }
}

/** What a step does is asked of Globus. */
function asksGlobus(step: Step): boolean {
  return step.kind === 'transfer' ? step.via === undefined : step.kind === 'delete' || step.kind === 'mkdir';
}
