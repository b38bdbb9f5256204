import {resolve} from 'node:path';
import type {JobArray} from '../scheduler/scheduler.ts';
import type {Place} from '../transfer/transfer-service.ts';
import {withAlways} from './always.ts';
import {readArrayRange} from './array-range.ts';
import {DEFAULT_RETRY_DELAY_MS, readDuration} from './duration.ts';
import {toFailFast} from './fail-fast.ts';
import {type PlaceNames, resolvePlace} from './places.ts';
import type {Path} from './problems.ts';
import {SYNC_LEVELS, type WorkflowFile} from './schema.ts';
import type {JobStep, Step, TransferStep, Workflow} from './workflow.ts';

export interface NormalFormContext extends PlaceNames {
  /** absolute; scripts are looked for from here */
  readonly directory: string;
  /** values of the parameters */
  readonly params: Readonly<Record<string, string>>;
  /** the text that stands in the file for a number or switch, so that `1.10` stays `1.10` */
  readonly written: (path: Path) => string | undefined;
}

/** The normal form of a file that was found right: defaults filled in, names resolved. */
export function toNormalForm(file: WorkflowFile, context: NormalFormContext): Workflow {
  const known = {...context.collections, ...file.collections};
  const used = new Set(Object.keys(file.collections ?? {}));
  /** for whoever reads the record: what a bookmark leads to may have a friendly name */
  const nameOf = (id: string) => Object.keys(known).find((one) => known[one]?.toLowerCase() === id);
  const bookmarks: Record<string, Place> = {};
  const places: Record<string, Place> = {};
  const place = (text: string): Place => {
    const resolved = resolvePlace(text, {...context, collections: known});
    if (typeof resolved === 'string') throw new RangeError(resolved); // found right: cannot happen
    const {by, name = nameOf(resolved.place.collection)} = resolved;
    if (name !== undefined) used.add(name);
    if (by !== undefined) places[text] = resolved.place;
    if (by !== undefined && by !== 'cluster-path') bookmarks[by.bookmark] = by.at;
    return resolved.place;
  };
  const steps = Object.entries(file.steps).map(([name, step]): Step => {
    const common = commonOf(name, step);
    if (step.transfer !== undefined)
      return {
        ...transferStep(common, step.transfer, place),
        ...(step.strategy === undefined ? {} : {strategy: step.strategy}),
        ...(step.fail_fast === undefined ? {} : {failFast: toFailFast(step.fail_fast)}),
      };
    if (step.job !== undefined) return jobStep(common, step.job, context);
    throw new RangeError(`step ${name} has neither transfer nor job`);
  });
  return {
    name: file.name,
    collections: Object.fromEntries([...used].map((name) => [name, (known[name] ?? '').toLowerCase()])),
    ...(Object.keys(bookmarks).length === 0 ? {} : {bookmarks}),
    ...(Object.keys(places).length === 0 ? {} : {places}),
    params: context.params,
    steps: withAlways(steps),
    workdir: context.directory,
  };
}

type FileStep = WorkflowFile['steps'][string];

/** What a step of either kind may say. */
type Common = Pick<Step, 'name' | 'needs' | 'onFailureOf' | 'after' | 'retries' | 'retryDelayMs' | 'always'>;

function commonOf(name: string, step: FileStep): Common {
  const {retries = 0, retry_delay: delay} = step;
  const retryDelayMs = delay === undefined ? DEFAULT_RETRY_DELAY_MS : readDuration(delay);
  return {
    name,
    needs: list(step.needs),
    onFailureOf: list(step.on_failure_of),
    after: list(step.after),
    ...(retries === 0 ? {} : {retries}),
    ...(retries === 0 || retryDelayMs === undefined || retryDelayMs === DEFAULT_RETRY_DELAY_MS ? {} : {retryDelayMs}),
    ...(step.when === 'always' ? {always: true} : {}),
  };
}

function transferStep(
  common: Common,
  transfer: NonNullable<FileStep['transfer']>,
  place: (text: string) => Place,
): TransferStep {
  const from = place(transfer.from);
  const to = place(transfer.to);
  return {
    kind: 'transfer',
    ...common,
    from,
    to,
    recursive: transfer.recursive ?? (from.path.endsWith('/') && to.path.endsWith('/')),
    options: {
      ...(transfer.sync === undefined ? {} : {syncLevel: SYNC_LEVELS[transfer.sync]}),
      verifyChecksum: transfer.verify_checksum ?? true,
      preserveTimestamp: transfer.preserve_timestamp ?? false,
      encryptData: transfer.encrypt ?? false,
      ...(transfer.deadline === undefined ? {} : {deadline: inUtc(transfer.deadline)}),
    },
  };
}

function jobStep(common: Common, job: NonNullable<FileStep['job']>, context: NormalFormContext): JobStep {
  const texts = (key: 'resources' | 'env'): Record<string, string> =>
    Object.fromEntries(
      Object.entries(job[key] ?? {}).map(([entry, value]) => [
        entry,
        typeof value === 'string'
          ? value
          : (context.written(['steps', common.name, 'job', key, entry]) ?? String(value)),
      ]),
    );
  return {
    kind: 'job',
    ...common,
    script: resolve(context.directory, job.script),
    resources: texts('resources'),
    ...(job.queue === undefined ? {} : {queue: job.queue}),
    ...(job.account === undefined ? {} : {account: job.account}),
    ...(job.project === undefined ? {} : {project: job.project}),
    ...(job.name === undefined ? {} : {jobName: job.name}),
    env: texts('env'),
    ...(job.array === undefined ? {} : {array: arrayRange(job.array)}),
    ...(job.on_interrupted === 'fail' ? {onInterrupted: 'fail'} : {}),
  };
}

function arrayRange(text: string): JobArray {
  const range = readArrayRange(text);
  if (typeof range === 'string') throw new RangeError(range); // found right: cannot happen
  return range;
}

function list(names: string | readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : typeof names === 'string' ? [names] : names;
}

/** One spelling for one instant: `2030-01-31T17:00:00Z`. */
function inUtc(time: string): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
