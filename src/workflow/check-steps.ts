import {readArrayRange} from './array-range.ts';
import {findCycle, type GraphStep} from './graph.ts';
import {type PlaceNames, readPlace, resolvePlace} from './places.ts';
import {didYouMean, isMap, listNames, own, type Path, type Problem, quote} from './problems.ts';

/**
 * What the schema cannot see: references between steps, circles, collections, and keys that contradict each other.
 *
 * Takes the file as it is, right or wrong, and is silent on whatever has a wrong type: so all mistakes are found in
 * one go, and each only once.
 *
 * @param names what places may be called by; the file's own collections come before its collections
 */
export function checkSteps(raw: unknown, names: PlaceNames): Problem[] {
  if (!isMap(raw) || !isMap(raw.steps)) return [];
  const known = {...names, collections: {...names.collections, ...textsOf(raw.collections)}};
  const steps = new Set(Object.keys(raw.steps));
  const problems = Object.entries(raw.steps).flatMap(([name, step]) =>
    isMap(step)
      ? [
          ...checkKind(['steps', name], step),
          ...checkWhen(['steps', name], step),
          ...checkRetries(['steps', name], step),
          ...checkReferences(name, step, steps),
          ...checkTransfer(['steps', name, 'transfer'], step.transfer, known),
          ...checkJob(['steps', name, 'job'], step.job),
        ]
      : [],
  );
  return [...problems, ...checkCycles(raw.steps)];
}

function checkKind(path: Path, step: Readonly<Record<string, unknown>>): Problem[] {
  const [transfer, job] = [Object.hasOwn(step, 'transfer'), Object.hasOwn(step, 'job')];
  const text = (wrong: string) => [{path, at: 'key' as const, text: `${wrong}; needs exactly one of them`}];
  if (transfer && job) return text('has both transfer and job');
  if (!transfer && !job) return text('has neither transfer nor job');
  if (job && Object.hasOwn(step, 'strategy'))
    return [{path: [...path, 'strategy'], at: 'key', text: 'says how a transfer is waited for; a job step has none'}];
  if (job && Object.hasOwn(step, 'fail_fast'))
    return [{path: [...path, 'fail_fast'], at: 'key', text: 'is about the faults of a transfer; a job step has none'}];
  return [];
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
            text: 'cannot stand beside "when: always", which runs whatever happened; leave one of them out',
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

const CONDITIONS = ['needs', 'on_failure_of', 'after'] as const;

function checkReferences(name: string, step: Readonly<Record<string, unknown>>, names: ReadonlySet<string>): Problem[] {
  const needed = new Set(namesIn(step.needs).map((reference) => reference.name));
  return CONDITIONS.flatMap((key) => {
    const seen = new Set<string>();
    return namesIn(step[key]).flatMap((reference): Problem[] => {
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
  const allowed = others.length === 0 ? 'there is no other step' : `known are ${listNames(others)}`;
  return `unknown step ${quote(reference)}; ${allowed}${didYouMean(reference, others)}`;
}

/** The step names in a value that may be one name or a list, with the rest of the path of each. */
function namesIn(value: unknown): {readonly name: string; readonly path: Path}[] {
  if (typeof value === 'string') return [{name: value, path: []}];
  if (!Array.isArray(value)) return [];
  return value.flatMap((name: unknown, index) => (typeof name === 'string' ? [{name, path: [index]}] : []));
}

/** Every circle, told at the step where it starts. A step that names itself has been told of already. */
function checkCycles(steps: Readonly<Record<string, unknown>>): Problem[] {
  const others = (name: string, value: unknown) =>
    namesIn(value).flatMap((found) => (found.name === name ? [] : [found.name]));
  let rest = Object.entries(steps).map(([name, value]): GraphStep => {
    const step = isMap(value) ? value : {};
    return {
      name,
      needs: others(name, step.needs),
      onFailureOf: others(name, step.on_failure_of),
      after: others(name, step.after),
    };
  });
  const problems: Problem[] = [];
  for (let cycle = findCycle(rest); cycle !== undefined; cycle = findCycle(rest)) {
    const [first = ''] = cycle;
    const circle = [...cycle, first].join(' → ');
    problems.push({
      path: ['steps', first],
      at: 'key',
      text: `waits for itself in a circle: ${circle}; take away one of these`,
    });
    const told = new Set(cycle);
    rest = rest.filter((step) => !told.has(step.name));
  }
  return problems;
}

function checkTransfer(path: Path, transfer: unknown, known: PlaceNames): Problem[] {
  if (!isMap(transfer)) return [];
  const problems: Problem[] = [];
  const [from, to] = (['from', 'to'] as const).map((key) => {
    const text = transfer[key];
    if (typeof text !== 'string') return undefined;
    const resolved = resolvePlace(text, known);
    if (typeof resolved !== 'string') return {path: resolved.place.path, id: resolved.place.collection};
    problems.push({path: [...path, key], at: 'value', text: resolved});
    const written = readPlace(text); // its path can be judged all the same
    return typeof written === 'string' ? undefined : {path: written.path};
  });
  if (from === undefined || to === undefined) return problems;
  if ('id' in from && 'id' in to && from.id === to.id && from.path === to.path)
    problems.push({path: [...path, 'to'], at: 'value', text: 'is the same place as "from"; needs another one'});
  else problems.push(...checkSlashes(path, from.path, to.path, transfer.recursive));
  return problems;
}

function checkSlashes(path: Path, from: string, to: string, recursive: unknown): Problem[] {
  const [fromDirectory, toDirectory] = [from.endsWith('/'), to.endsWith('/')];
  if (fromDirectory !== toDirectory) {
    const which = fromDirectory
      ? '"from" ends in "/" (a directory) and "to" does not (a file)'
      : '"to" ends in "/" (a directory) and "from" does not (a file)';
    const cure = fromDirectory
      ? 'end both in "/" to copy what is in the directory'
      : 'give the file its full name in "to", or end both in "/" to copy what is in a directory';
    return [{path: [...path, 'to'], at: 'value', text: `${which}; ${cure}`}];
  }
  if (fromDirectory && recursive === false)
    return [
      {
        path: [...path, 'recursive'],
        at: 'value',
        text: 'is false, but "from" and "to" end in "/" (a directory); leave it out, or name one file without "/"',
      },
    ];
  return [];
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
  return problems;
}

function textsOf(value: unknown): Record<string, string> {
  if (!isMap(value)) return {};
  // A wrong id is the schema's to report; that the name is known is all that counts here.
  return Object.fromEntries(Object.entries(value).map(([name, id]) => [name, String(id)]));
}
