import {own} from '../file/problems.ts';
import {type ComparableStep, comparableForm, type WorkflowRecord} from './comparable-form.ts';
import {canonicalJson} from './fingerprint.ts';
import type {Workflow} from './workflow.ts';

/**
 * What changed between two workflows, a line for each change, such as
 * `steps.compute.resources.walltime: "01:00:00" → "02:00:00"`. Pure. No line exactly when they do the same work.
 *
 * @throws {RangeError} when the contents of a job step's script are not known
 */
export function describeDifference(before: WorkflowRecord, after: WorkflowRecord): string[] {
  const [was, is] = [comparableForm(before), comparableForm(after)];
  const places = (record: WorkflowRecord) => friendlyPlaces(record.workflow);
  return [
    ...describeMap('params', was.params, is.params),
    ...namesOfBoth(was.steps, is.steps).flatMap((name) => {
      const [from, to] = [own(was.steps, name), own(is.steps, name)];
      if (from === undefined) return [`steps.${name}: added`];
      if (to === undefined) return [`steps.${name}: removed`];
      if (isShifted(from, to)) return [];
      return describeStep(`steps.${name}`, from, to, {was: places(before), is: places(after)});
    }),
    ...namesOfBoth(was.claims ?? {}, is.claims ?? {}).flatMap((pool) => {
      const [from, to] = [own(was.claims ?? {}, pool), own(is.claims ?? {}, pool)];
      return same(from, to) ? [] : [change(`claims.${pool}`, from, to)];
    }),
  ];
}

/** The names of the steps in which two workflows differ. */
export interface ChangedSteps {
  readonly changed: readonly string[];
  /** those with `when: always` that wait for other steps than before, and did not change otherwise */
  readonly shifted: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Pure. @throws {RangeError} as {@link describeDifference} */
export function changedSteps(before: WorkflowRecord, after: WorkflowRecord): ChangedSteps {
  const [was, is] = [comparableForm(before).steps, comparableForm(after).steps];
  const names = namesOfBoth(was, is);
  const other = names.filter((name) => own(was, name) && own(is, name) && !same(own(was, name), own(is, name)));
  const shifted = other.filter((name) => isShifted(own(was, name), own(is, name)));
  return {
    changed: other.filter((name) => !shifted.includes(name)),
    shifted,
    added: names.filter((name) => !own(was, name)),
    removed: names.filter((name) => !own(is, name)),
  };
}

/** What such a step comes after is all other steps: that is not written in the file, and another step changed it. */
function isShifted(was: ComparableStep | undefined, is: ComparableStep | undefined): boolean {
  if (was?.when !== 'always' || is?.when !== 'always') return false;
  return same({...was, after: undefined}, {...is, after: undefined});
}

type RenderPlace = (place: string) => string;

function describeStep(
  path: string,
  was: ComparableStep,
  is: ComparableStep,
  places: {readonly was: RenderPlace; readonly is: RenderPlace},
): string[] {
  if (was.kind !== is.kind) return [`${path}: was a ${was.kind}, is a ${is.kind}`];
  return namesOfBoth(was, is).flatMap((key) => {
    const [from, to] = [was[key], is[key]];
    if (same(from, to)) return [];
    if (key === 'script') return [`${path}.script: its contents changed`];
    if (key === 'items') return describeItems(`${path}.items`, textsIn(from), textsIn(to));
    if (isTexts(from) && isTexts(to)) return describeMap(`${path}.${key}`, from, to);
    if ((key === 'from' || key === 'to' || key === 'at') && typeof from === 'string' && typeof to === 'string') {
      const [old, now] = [places.was(from), places.is(to)];
      // One friendly name for two collections would read as no change.
      return [old === now ? change(`${path}.${key}`, from, to) : change(`${path}.${key}`, old, now)];
    }
    return [change(`${path}.${key}`, from, to)];
  });
}

function describeMap(
  path: string,
  was: Readonly<Record<string, string>>,
  is: Readonly<Record<string, string>>,
): string[] {
  return namesOfBoth(was, is)
    .filter((key) => own(was, key) !== own(is, key))
    .map((key) => change(`${path}.${key}`, own(was, key), own(is, key)));
}

/** Lists may have thousands: a few that came and went, and how many there are. */
function describeItems(path: string, was: readonly string[], is: readonly string[]): string[] {
  const [before, now] = [new Set(was), new Set(is)];
  const line = (sign: string, items: readonly string[]) => [
    ...items.slice(0, ITEMS_SHOWN).map((item) => `${path}: ${sign} ${item}`),
    ...(items.length > ITEMS_SHOWN ? [`${path}: ${sign} ${items.length - ITEMS_SHOWN} more`] : []),
  ];
  const lines = [
    ...line(
      'added',
      is.filter((item) => !before.has(item)),
    ),
    ...line(
      'removed',
      was.filter((item) => !now.has(item)),
    ),
  ];
  return lines.length > 0 ? lines : [`${path}: in another order`];
}

const ITEMS_SHOWN = 3;

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function change(path: string, was: unknown, is: unknown): string {
  return `${path}: ${show(was)} → ${show(is)}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'not set';
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.length === 0 ? 'none' : value.join(', ');
}

/** A place with the friendly name of its collection, where the workflow has one. */
function friendlyPlaces(workflow: Workflow): RenderPlace {
  const names = new Map(Object.entries(workflow.collections).map(([name, id]) => [id, name]));
  return (place) => {
    const id = place.slice(0, place.indexOf(':'));
    return `${names.get(id) ?? id}${place.slice(id.length)}`;
  };
}

/** In the order of the newer one; what is gone comes last. */
function namesOfBoth(was: object, is: object): string[] {
  return [...new Set([...Object.keys(is), ...Object.keys(was)])];
}

function same(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
