import {basename, extname} from 'node:path';
import {isBookmarkName, type PlaceNames, resolvePlace} from '../model/places.ts';
import type {Workflow} from '../model/workflow.ts';
import {checkWorkflow} from './check.ts';
import type {LoadOptions} from './load.ts';
import {type Path, type Problem, quote, renderPath, WorkflowInvalid} from './problems.ts';

/** A workflow as it is given on a command line. */
export interface WorkflowFlags {
  /** `theta:/~/data/=laptop:/~/in/`: from, "=", to */
  readonly stageIn?: readonly string[];
  /** scripts of jobs that run side by side when everything is staged in */
  readonly job?: readonly string[];
  readonly stageOut?: readonly string[];
  /** script of a job that runs when a stage-in or a job has failed */
  readonly cleanup?: string;
  readonly name?: string;
  /** absolute; scripts are looked for from here */
  readonly directory: string;
  /** of the jobs; the cleanup job takes what its script says */
  readonly resources?: Readonly<Record<string, string>>;
  /** of the jobs and the cleanup job, as are account and project */
  readonly queue?: string;
  readonly account?: string;
  readonly project?: string;
  /** indices of a job array, of the jobs alone: `0-99%10` */
  readonly array?: string;
  /** of all steps */
  readonly retries?: number;
}

/** A step as it would stand in the file, and the flag that asks for it. */
interface FlagStep {
  readonly name: string;
  readonly flag: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/**
 * The workflow that flags describe: the same as that of a file with the steps `stage-in`, `compute`, `stage-out`
 * and `cleanup` (`stage-in-1`, `stage-in-2` where there are several). Flags are taken as they are: a shell has
 * already put in its variables, and `${{` means nothing here.
 *
 * @throws {WorkflowInvalid} with every mistake, each told of the flag it stands in
 */
export function workflowFromFlags(flags: WorkflowFlags, options: LoadOptions): Workflow {
  const split = (flag: string, texts: readonly string[] = []) =>
    texts.map((text) => ({flag: `${flag} ${text}`, ...splitTransfer(text, options)}));
  const [stageIns, stageOuts] = [split('--stage-in', flags.stageIn), split('--stage-out', flags.stageOut)];
  const steps = buildSteps(flags, stageIns, stageOuts);
  const raw = {
    name: flags.name ?? nameFrom(flags.job?.[0]),
    steps: Object.fromEntries(steps.map((step) => [step.name, step.raw])),
  };
  const checked = checkWorkflow(raw, {
    ...options,
    directory: flags.directory,
    params: {},
    written: () => undefined,
  });
  const notSplit = [...stageIns, ...stageOuts].flatMap((transfer) =>
    'wrong' in transfer ? [`${transfer.flag}: ${transfer.wrong}`] : [],
  );
  // That there are no steps is told below, in words of flags.
  const problems = 'problems' in checked ? checked.problems.filter(({path}) => path.join() !== 'steps') : [];
  const found = problems.map((problem) => locate(problem, steps));
  const details = [...notSplit, ...wrongSet(flags, steps, options), ...new Set(found)];
  if (details.length > 0 || !('workflow' in checked))
    throw new WorkflowInvalid('the command line', details, [
      'Correct the flags named above, then run the command again.',
      'All flags with examples: stage run --help',
    ]);
  return checked.workflow;
}

type SplitTransfer = {readonly from: string; readonly to: string} | {readonly wrong: string};

/**
 * `from=to`, each a place. Paths may hold "=": it is the one before a place that counts.
 *
 * @param names what places may be called by, which decides when several would do
 */
export function splitTransfer(text: string, names: PlaceNames): SplitTransfer {
  const all = [...text.matchAll(/=/g)].map(({index}) => ({from: text.slice(0, index), to: text.slice(index + 1)}));
  const named = all.filter(({to}) => to.includes(':') && isBookmarkName(to.slice(0, to.indexOf(':'))));
  const mapped = all.filter(({to}) => to.startsWith('/'));
  const {collections, clusterPath} = names;
  const among = (known: PlaceNames, splits: typeof all) =>
    splits.filter(({to}) => typeof resolvePlace(to, known) !== 'string');
  const certain = [...among({collections}, named), ...(clusterPath ? among(names, mapped) : [])];
  const known = certain.length > 0 ? certain : among(names, named); // a bookmark is asked for only where nothing else fits
  const splits = named.length > 0 || !clusterPath ? named : mapped;
  const [only] = known.length > 0 ? known : splits;
  if (only === undefined)
    return {wrong: 'has no "=" before a collection; needs FROM=TO, such as theta:/~/data/=laptop:/~/in/'};
  if (known.length > 1 || (known.length === 0 && splits.length > 1)) {
    const ways = splits.map(({from, to}) => `${quote(from)} to ${quote(to)}`).join(' or ');
    return {wrong: `can be read in more than one way: ${ways}; write it into a workflow file`};
  }
  return only;
}

type FlagTransfer = {readonly flag: string} & SplitTransfer;

function buildSteps(
  flags: WorkflowFlags,
  stageIns: readonly FlagTransfer[],
  stageOuts: readonly FlagTransfer[],
): FlagStep[] {
  const {queue, account, project, resources, array, retries} = flags;
  const transfers = (name: string, list: readonly FlagTransfer[], needs: readonly string[]): FlagStep[] =>
    list.flatMap((transfer, index) =>
      'wrong' in transfer
        ? []
        : [
            {
              name: numbered(name, index, list),
              flag: transfer.flag,
              raw: {needs, retries, transfer: {from: transfer.from, to: transfer.to}},
            },
          ],
    );
  const jobs = flags.job ?? [];
  const ins = transfers('stage-in', stageIns, []);
  const computes = jobs.map((script, index) => ({
    name: numbered('compute', index, jobs),
    flag: `--job ${script}`,
    raw: {needs: ins.map(nameOf), retries, job: {script, resources, queue, account, project, array}},
  }));
  const outs = transfers('stage-out', stageOuts, (computes.length > 0 ? computes : ins).map(nameOf));
  const {cleanup} = flags;
  if (cleanup === undefined) return [...ins, ...computes, ...outs];
  const raw = {
    on_failure_of: [...ins, ...computes].map(nameOf),
    retries,
    job: {script: cleanup, queue, account, project},
  };
  return [...ins, ...computes, ...outs, {name: 'cleanup', flag: `--cleanup ${cleanup}`, raw}];
}

function nameOf(step: FlagStep): string {
  return step.name;
}

function numbered(name: string, index: number, list: readonly unknown[]): string {
  return list.length === 1 ? name : `${name}-${index + 1}`;
}

/** What is wrong with the flags taken together. */
function wrongSet(flags: WorkflowFlags, steps: readonly FlagStep[], options: LoadOptions): string[] {
  const transfers = (flags.stageIn?.length ?? 0) + (flags.stageOut?.length ?? 0);
  const wrong = Object.keys(options.params).map(
    (name) => `--param ${name}: flags have no parameters; they are for workflow files`,
  );
  if (transfers === 0 && steps.length === 0)
    wrong.push('there is nothing to do; needs a workflow file, or --stage-in, --job or --stage-out');
  else if (flags.cleanup !== undefined && (flags.stageIn?.length ?? 0) + (flags.job?.length ?? 0) === 0)
    wrong.push(`--cleanup ${flags.cleanup}: has nothing to clean up after; needs --stage-in or --job`);
  if (flags.array !== undefined && (flags.job?.length ?? 0) === 0)
    wrong.push(`--array ${flags.array}: there is no job to make an array of; needs --job`);
  return wrong;
}

/** A mistake told of the flag that it stands in. */
function locate(problem: Problem, steps: readonly FlagStep[]): string {
  const step = steps.find((candidate) => candidate.name === problem.path[1]);
  return `${place(problem.path, step)}: ${problem.text}`;
}

function place(path: Path, step: FlagStep | undefined): string {
  if (path[0] === 'name') return '--name';
  if (step === undefined) return renderPath(path);
  const key = String(path[3] ?? '');
  if (path[2] === 'retries') return '--retries';
  if (['queue', 'account', 'project', 'array'].includes(key)) return `--${key}`;
  if (key === 'resources') return `--resource ${String(path[4] ?? '')}`.trim();
  return key === 'from' || key === 'to' ? `${step.flag}: ${key}` : step.flag;
}

/** A run name from the name of a script: `computeJob.sh` gives `computeJob`. */
function nameFrom(script: string | undefined): string {
  const base = script === undefined ? '' : basename(script, extname(script));
  const name = base
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 63);
  return name === '' ? 'stage' : name;
}
