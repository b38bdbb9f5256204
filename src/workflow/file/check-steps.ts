import {readArrayRange} from '../model/array-range.ts';
import {downstreamOf, findCycle, type GraphStep} from '../model/graph.ts';
import type {PlaceNames} from '../model/places.ts';
import {wrongParts} from '../model/split-items.ts';
import {wayOf} from '../model/ways.ts';
import {checkAct} from './check-acts.ts';
import {checkEnvironment} from './check-environment.ts';
import {checkCounted, checkRounds} from './check-rounds.ts';
import {checkDelete, checkPlace, checkTransfer} from './check-transfer.ts';
import {didYouMean, isMap, listNames, own, type Path, type Problem, quote} from './problems.ts';
import type {Batches} from './read-batches.ts';

/**
 * What the schema cannot see: references between steps, circles, collections, and keys that contradict each other.
 *
 * Takes the file as it is, right or wrong, and is silent on whatever has a wrong type: so all mistakes are found in
 * one go, and each only once.
 *
 * @param names   what places may be called by; the file's own collections come before its collections
 * @param batches what its batch files hold
 */
export function checkSteps(raw: unknown, names: PlaceNames, batches: Batches = new Map()): Problem[] {
  if (!isMap(raw) || !isMap(raw.steps)) return [];
  const known = {...names, collections: {...names.collections, ...textsOf(raw.collections)}};
  const steps = new Set(Object.keys(raw.steps));
  const explain = (reference: string, name: string) => explainUnknownStep(reference, name, steps);
  const problems = Object.entries(raw.steps).flatMap(([name, step]) =>
    isMap(step)
      ? [
          ...checkKind(['steps', name], step),
          ...checkWhen(['steps', name], step),
          ...checkRetries(['steps', name], step),
          ...checkReferences(name, step, steps),
          ...checkCounted(name, step, steps, explain),
          ...checkParts(['steps', name, 'transfer'], step.transfer, steps, batches),
          ...checkTransfer(['steps', name, 'transfer'], step.transfer, known, batches),
          ...checkFailFast(['steps', name], step, known),
          ...checkDelete(['steps', name, 'delete'], step.delete, known),
          ...checkMkdir(['steps', name, 'mkdir'], step.mkdir, known),
          ...checkAct(['steps', name], step),
          ...checkJob(['steps', name, 'job'], step.job),
        ]
      : [],
  );
  const graph = graphOf(raw.steps);
  return [
    ...problems,
    ...checkCycles(graph),
    ...checkRounds(raw.steps, graph, explain),
    ...checkOutputs(raw.steps, graph),
  ];
}

const OF_OUTPUTS = ['keep', 'when_output_fails'] as const;

/** What jobs make is kept for a time, and made again: a transfer that waits for none moves something else. */
function checkOutputs(steps: Readonly<Record<string, unknown>>, graph: readonly GraphStep[]): Problem[] {
  const jobs = Object.entries(steps).flatMap(([name, step]) =>
    isMap(step) && Object.hasOwn(step, 'job') ? [name] : [],
  );
  const outputs = downstreamOf(graph, jobs);
  return Object.entries(steps).flatMap(([name, step]) => {
    const transfer = isMap(step) ? step.transfer : undefined;
    if (!isMap(transfer) || outputs.has(name)) return [];
    return OF_OUTPUTS.filter((key) => Object.hasOwn(transfer, key)).map((key): Problem => {
      const text =
        'is about what jobs of the workflow made; this transfer waits for no job: leave it out, or name one in "needs"';
      return {path: ['steps', name, 'transfer', key], at: 'key', text};
    });
  });
}

function checkKind(path: Path, step: Readonly<Record<string, unknown>>): Problem[] {
  const kinds = KINDS.filter((kind) => Object.hasOwn(step, kind));
  const [kind] = kinds;
  if (kind === undefined)
    return [{path, at: 'key', text: `has none of ${listNames(KINDS)}; needs exactly one of them`}];
  if (kinds.length > 1) return [{path, at: 'key', text: `has both ${kinds.join(' and ')}; needs exactly one of them`}];
  if (kind === 'transfer' || kind === 'delete') return [];
  const none = (key: string, text: string): Problem[] =>
    Object.hasOwn(step, key) ? [{path: [...path, key], at: 'key', text: `${text}; a ${kind} step has none`}] : [];
  return [
    ...none('strategy', 'says how a transfer is waited for'),
    ...none('fail_fast', 'is about the faults of a transfer'),
  ];
}

/** Its faults are told by Globus alone. */
function checkFailFast(path: Path, step: Readonly<Record<string, unknown>>, names: PlaceNames): Problem[] {
  if (!isMap(step.transfer) || !Object.hasOwn(step, 'fail_fast')) return [];
  const way = wayOf(step.transfer, names);
  if (way === undefined || 'wrong' in way) return [];
  const text = `is about the faults of a task of Globus; a transfer via: ${way.via.by} has none`;
  return [{path: [...path, 'fail_fast'], at: 'key', text}];
}

const KINDS = ['transfer', 'job', 'delete', 'mkdir', 'link', 'move', 'remove'] as const;

function checkMkdir(path: Path, mkdir: unknown, names: PlaceNames): Problem[] {
  const [at, written] = isMap(mkdir) ? [[...path, 'at'], mkdir.at] : [path, mkdir];
  return [...checkPlace(at, written, names).problems];
}

/** A step that runs whatever happened has nothing that must have happened before. */
function checkWhen(path: Path, step: Readonly<Record<string, unknown>>): Problem[] {
  if (step.when !== 'always') return [];
  return (['needs', 'on_failure_of'] as const).flatMap((key): Problem[] =>
    Object.hasOwn(step, key)
      ? [
          {
            path: [...path, key],
            at: 'key',
            text: 'cannot be combined with "when: always", which runs in any case; leave one of them out',
          },
        ]
      : [],
  );
}

function checkRetries(path: Path, step: Readonly<Record<string, unknown>>): Problem[] {
  if (!Object.hasOwn(step, 'retry_delay') || Object.hasOwn(step, 'retries')) return [];
  return [
    {path: [...path, 'retry_delay'], at: 'key', text: 'has no meaning without retries; add retries, or leave it out'},
  ];
}

/** A list too long for one submission becomes several steps, which need names. */
function checkParts(path: Path, transfer: unknown, names: ReadonlySet<string>, batches: Batches): Problem[] {
  const name = String(path[1]);
  const written = isMap(transfer) && Array.isArray(transfer.items) ? transfer.items.length : 0;
  const text = wrongParts(name, batches.get(name)?.items.length ?? written, names);
  return text === undefined ? [] : [{path, at: 'key', text}];
}

const CONDITIONS = ['needs', 'on_failure_of', 'after'] as const;

function checkReferences(name: string, step: Readonly<Record<string, unknown>>, names: ReadonlySet<string>): Problem[] {
  const needed = new Set(namesWithPaths(step.needs).map((reference) => reference.name));
  return CONDITIONS.flatMap((key) => {
    const seen = new Set<string>();
    return namesWithPaths(step[key]).flatMap((reference): Problem[] => {
      const again = seen.has(reference.name);
      seen.add(reference.name);
      const wrong = (text: string): Problem[] => [{path: ['steps', name, key, ...reference.path], at: 'value', text}];
      if (reference.name === name) return wrong('names the step itself; a step cannot wait for itself');
      if (!names.has(reference.name)) return wrong(explainUnknownStep(reference.name, name, names));
      if (again) return wrong(`names ${quote(reference.name)} twice; once is enough`);
      if (key === 'on_failure_of' && needed.has(reference.name))
        return wrong(`${quote(reference.name)} is in needs too; it cannot both succeed and fail`);
      return [];
    });
  });
}

function explainUnknownStep(reference: string, step: string, names: ReadonlySet<string>): string {
  const others = [...names].filter((other) => other !== step);
  const allowed = others.length === 0 ? 'there is no other step' : `known: ${listNames(others)}`;
  return `unknown step ${quote(reference)}; ${allowed}${didYouMean(reference, others)}`;
}

/** The step names in a value that may be one name or a list, with the rest of the path of each. */
function namesWithPaths(value: unknown): {readonly name: string; readonly path: Path}[] {
  if (typeof value === 'string') return [{name: value, path: []}];
  if (!Array.isArray(value)) return [];
  return value.flatMap((name: unknown, index) => (typeof name === 'string' ? [{name, path: [index]}] : []));
}

/** The steps of a file as a graph, right or wrong. A step that names itself has been told of already. */
function graphOf(steps: Readonly<Record<string, unknown>>): GraphStep[] {
  const others = (name: string, value: unknown) =>
    namesWithPaths(value).flatMap((found) => (found.name === name ? [] : [found.name]));
  return Object.entries(steps).map(([name, value]) => {
    const step = isMap(value) ? value : {};
    return {
      name,
      needs: others(name, step.needs),
      onFailureOf: others(name, step.on_failure_of),
      after: others(name, step.after),
    };
  });
}

/** Every circle, told at the step where it starts. */
function checkCycles(graph: readonly GraphStep[]): Problem[] {
  let rest = graph;
  const problems: Problem[] = [];
  for (let cycle = findCycle(rest); cycle !== undefined; cycle = findCycle(rest)) {
    const [first = ''] = cycle;
    const circle = [...cycle, first].join(' → ');
    problems.push({
      path: ['steps', first],
      at: 'key',
      text: `waits for itself in a circle: ${circle}; remove one of these`,
    });
    const told = new Set(cycle);
    rest = rest.filter((step) => !told.has(step.name));
  }
  return problems;
}

function checkJob(path: Path, job: unknown): Problem[] {
  if (!isMap(job)) return [];
  const problems: Problem[] = [];
  if (typeof job.script === 'string' && /^~(\/|$)/.test(job.script))
    problems.push({
      path: [...path, 'script'],
      at: 'value',
      text: '"~" is not expanded; needs a path from the directory of the workflow file, or an absolute one',
    });
  const walltime = isMap(job.resources) ? own(job.resources, 'walltime') : undefined;
  if (typeof walltime === 'string' && !/^\d+(:\d{1,2}){0,2}(\.\d+)?$/.test(walltime))
    problems.push({
      path: [...path, 'resources', 'walltime'],
      at: 'value',
      text: `${quote(walltime)} is not a walltime; needs HH:MM:SS, MM:SS or seconds`,
    });
  const array = typeof job.array === 'string' ? readArrayRange(job.array) : undefined;
  if (typeof array === 'string') problems.push({path: [...path, 'array'], at: 'value', text: array});
  return [...problems, ...checkEnvironment([...path, 'env'], job.env)];
}

function textsOf(value: unknown): Record<string, string> {
  if (!isMap(value)) return {};
  // A wrong id is the schema's to report; that the name is known is all that counts here.
  return Object.fromEntries(Object.entries(value).map(([name, id]) => [name, String(id)]));
}
