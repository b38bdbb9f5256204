import {resolve} from 'node:path';
import {DEFAULT_RETRY_DELAY_MS, readDuration} from '../../base/duration.ts';
import type {JobArray} from '../../base/job-array.ts';
import {readAbsolutePath} from '../../base/paths.ts';
import type {Place} from '../../base/task-request.ts';
import type {Path} from '../file/problems.ts';
import type {Batches} from '../file/read-batches.ts';
import type {WorkflowFile} from '../file/schema.ts';
import {withTouched} from './acts.ts';
import {withAlways} from './always.ts';
import {readArrayRange} from './array-range.ts';
import {toClaims, toUses} from './claims-form.ts';
import {toFailFast} from './fail-fast.ts';
import {type PlaceNames, resolvePlace} from './places.ts';
import {splitItems} from './split-items.ts';
import {asUser, toTransferStep} from './transfer-step.ts';
import {wayOf} from './ways.ts';
import type {ActStep, JobStep, RedoFrom, Step, StepCommon, Workflow} from './workflow.ts';

export interface NormalFormContext extends PlaceNames {
  /** absolute; scripts are looked for from here */
  readonly directory: string;
  /** values of the parameters */
  readonly params: Readonly<Record<string, string>>;
  /** the text that stands in the file for a number or switch, so that `1.10` stays `1.10` */
  readonly written: (path: Path) => string | undefined;
  /** what the batch files hold that the file names */
  readonly batches?: Batches;
  /** steps whose texts hold numbers of rounds and tries */
  readonly numbered?: ReadonlySet<string>;
}

/** What the places of a file may be called by: its own collections come before others. */
export function placeNamesIn(file: WorkflowFile, context: NormalFormContext): PlaceNames {
  return {...context, collections: {...context.collections, ...file.collections}};
}

/** The normal form of a file that was found right: defaults filled in, names resolved. */
export function toNormalForm(file: WorkflowFile, context: NormalFormContext): Workflow {
  const known = {...context.collections, ...file.collections};
  const used = new Set(Object.keys(file.collections ?? {}));
  /** for readers of the record: what a bookmark leads to may have a friendly name */
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
  const endsOf = (transfer: {
    readonly from: string;
    readonly to: string;
    readonly via?: unknown;
    readonly program?: unknown;
  }) => {
    const way = wayOf(transfer, {...context, collections: known});
    if (way === undefined) return {from: place(transfer.from), to: place(transfer.to)};
    if ('wrong' in way) throw new RangeError(way.wrong[0]?.text); // found right: cannot happen
    // By the profile: what is written is another name for it.
    if (transfer.via === undefined) Object.assign(places, {[transfer.from]: way.from, [transfer.to]: way.to});
    return way;
  };
  const steps = Object.entries(file.steps).map(([name, step]): Step => {
    const common = {...commonOf(name, step), ...(context.numbered?.has(name) ? {numbered: true as const} : {})};
    const waited = {
      ...(step.strategy === undefined ? {} : {strategy: step.strategy}),
      ...(step.fail_fast === undefined ? {} : {failFast: toFailFast(step.fail_fast)}),
    };
    if (step.transfer !== undefined)
      return {
        ...toTransferStep(common, step.transfer, endsOf(step.transfer), context.batches?.get(name)?.items),
        ...waited,
      };
    if (step.delete !== undefined) {
      const {at, recursive = false, notify, label, local_user} = step.delete;
      const words = {...(notify ? {notify} : {}), ...(label === undefined ? {} : {label})};
      return {kind: 'delete', ...common, at: asUser(place(at), local_user), recursive, ...words, ...waited};
    }
    if (step.mkdir !== undefined) {
      const {at, local_user} = typeof step.mkdir === 'string' ? {at: step.mkdir, local_user: undefined} : step.mkdir;
      return {kind: 'mkdir', ...common, at: asUser(place(at), local_user)};
    }
    if (step.job !== undefined) return jobStep(common, step.job, context);
    const act = toActStep(common, step);
    if (act !== undefined) return act;
    throw new RangeError(`step ${name} has no kind`);
  });
  return {
    name: file.name,
    collections: Object.fromEntries([...used].map((name) => [name, (known[name] ?? '').toLowerCase()])),
    ...(Object.keys(bookmarks).length === 0 ? {} : {bookmarks}),
    ...(Object.keys(places).length === 0 ? {} : {places}),
    params: context.params,
    steps: withTouched(withAlways(splitItems(steps)), placeNamesIn(file, context)),
    ...(file.claims === undefined ? {} : {claims: toClaims(file.claims)}),
    workdir: context.directory,
  };
}

type FileStep = WorkflowFile['steps'][string];

function commonOf(name: string, step: FileStep): StepCommon {
  const {retries = 0, retry_delay: delay} = step;
  const retryDelayMs = delay === undefined ? DEFAULT_RETRY_DELAY_MS : readDuration(delay);
  return {
    name,
    needs: list(step.needs),
    onFailureOf: list(step.on_failure_of),
    after: list(step.after),
    ...(retries === 0 ? {} : {retries}),
    ...(retries === 0 || retryDelayMs === undefined || retryDelayMs === DEFAULT_RETRY_DELAY_MS ? {} : {retryDelayMs}),
    ...(step.delay === undefined ? {} : {delayMs: readDuration(step.delay) ?? 0}),
    ...(step.redo_from === undefined ? {} : {redoFrom: toRedoFrom(step.redo_from)}),
    ...(step.when === 'always' ? {always: true} : {}),
    ...(step.uses === undefined ? {} : {uses: toUses(step.uses)}),
  };
}

function toRedoFrom({step, rounds, at_once_on: atOnceOn = []}: NonNullable<FileStep['redo_from']>): RedoFrom {
  return {step, rounds, atOnceOn: [...new Set(atOnceOn)].sort((one, other) => one - other)};
}

function toActStep(common: StepCommon, {link, move, remove}: FileStep): ActStep | undefined {
  if (link !== undefined) return {kind: 'link', ...common, from: pathOf(link.from), into: list(link.into).map(pathOf)};
  if (move !== undefined) {
    const below = list(move.below).map(pathOf);
    return {kind: 'move', ...common, from: pathOf(move.from), to: pathOf(move.to), below};
  }
  if (remove !== undefined)
    return {kind: 'remove', ...common, paths: list(remove.path).map(pathOf), below: list(remove.below).map(pathOf)};
  return undefined;
}

function pathOf(text: string): string {
  const read = readAbsolutePath(text);
  if (typeof read === 'string') throw new RangeError(read); // found right: cannot happen
  return read.path;
}

function jobStep(common: StepCommon, job: NonNullable<FileStep['job']>, context: NormalFormContext): JobStep {
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
    ...(job.array === undefined ? {} : {array: checkedArray(job.array)}),
    ...(job.on_interrupted === 'fail' ? {onInterrupted: 'fail'} : {}),
  };
}

function checkedArray(text: string): JobArray {
  const range = readArrayRange(text);
  if (typeof range === 'string') throw new RangeError(range); // found right: cannot happen
  return range;
}

function list(names: string | readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : typeof names === 'string' ? [names] : names;
}
