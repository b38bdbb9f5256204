import type {Random} from './random.ts';

/** A run of a random graph: what its steps are, and what a person does with it. */
export interface RandomGraph {
  readonly name: string;
  readonly steps: readonly GraphStep[];
  readonly person: 'none' | 'hold' | 'update' | 'adopt' | 'cancel' | 'delete';
}

export type GraphStep = JobStep | StageStep;

interface StepCommon {
  readonly name: string;
  /** steps before it that must have succeeded */
  readonly needs: readonly string[];
}

export interface JobStep extends StepCommon {
  readonly kind: 'job';
  /** number of subjobs; 0 for a plain job */
  readonly indices: number;
  /** which of its executions fail: none, the first attempt of index 0, or each */
  readonly fails: 'never' | 'first' | 'always';
  readonly sleep: number;
  /** it runs when one of these has failed, and `needs` is empty */
  readonly onFailureOf: readonly string[];
  /** the person gives it another script before it has begun */
  readonly updated: boolean;
  /** the person deletes its job before it has begun */
  readonly deleted: boolean;
}

export interface StageStep extends StepCommon {
  readonly kind: 'in' | 'out';
  /** the person started its task elsewhere, and adopts it */
  readonly adopted: boolean;
}

/** What a user might call things, and wrappers, too. Each must reach the script as it is. */
export const ENV: Readonly<Record<string, string>> = {
  start: '1990',
  host: 'dtn1',
  job: 'x y',
  status: 'prod',
  tries: '7',
  script: 'a$b',
};

/** Pure: the same random source gives the same graph. */
export function randomGraph(name: string, random: Random): RandomGraph {
  const person = random.pick(['none', 'none', 'hold', 'hold', 'update', 'adopt', 'cancel', 'delete'] as const);
  const steps: GraphStep[] = [];
  const earlier = (most: number) => {
    const names = steps.filter(({kind}) => kind !== 'out').map((step) => step.name);
    return [...new Set(Array.from({length: random.between(0, most)}, () => names[random.between(0, names.length - 1)]))]
      .filter((one) => one !== undefined)
      .sort();
  };
  const stage = (kind: StageStep['kind'], needs: readonly string[], adopted = false) =>
    steps.push({kind, name: `${kind}${steps.length}`, needs, adopted});
  const job = (needs: readonly string[], more: Partial<JobStep> = {}) =>
    steps.push({
      kind: 'job',
      name: `job${steps.length}`,
      needs,
      indices: random.chance(0.25) ? 3 : 0,
      fails: random.pick(['never', 'never', 'never', 'never', 'first', 'always']),
      sleep: random.pick([0, 0, 0.3, 1]),
      onFailureOf: [],
      updated: false,
      deleted: false,
      ...more,
    });
  if (person === 'adopt' || person === 'cancel' || random.chance(0.7)) stage('in', [], person === 'adopt');
  const count = random.between(2, 4);
  for (let made = 0; made < count; made++) {
    if (random.chance(0.2)) stage('in', earlier(1));
    else job(earlier(2));
  }
  // What a person holds, replaces or deletes must not have begun: it waits for a job that takes its time.
  if (person === 'hold' || person === 'update' || person === 'delete') {
    job([], {indices: 0, fails: 'never', sleep: person === 'hold' ? 2 : 4});
    job([steps.at(-1)?.name ?? ''], {
      indices: 0,
      fails: 'never',
      updated: person === 'update',
      deleted: person === 'delete',
    });
  }
  const jobs = steps.filter((step) => step.kind === 'job');
  if (random.chance(0.6)) stage('out', [random.pick([jobs[0], ...jobs.slice(1)])?.name ?? ''].filter(Boolean));
  if (random.chance(0.5))
    steps.push({
      kind: 'job',
      name: 'cleanup',
      needs: [],
      indices: 0,
      fails: 'never',
      sleep: 0,
      onFailureOf: steps.filter(({kind}) => kind !== 'out').map((step) => step.name),
      updated: false,
      deleted: false,
    });
  return {name, steps, person};
}

/** Each index of a job as lines of scripts name it. */
export function indicesOf({indices}: JobStep): readonly string[] {
  return indices === 0 ? ['-'] : Array.from({length: indices}, (_, index) => String(index));
}

/** The state in which each step ends when nothing is interrupted and nobody cancels the run. */
export function expectedStates({steps}: RandomGraph): ReadonlyMap<string, 'succeeded' | 'failed' | 'skipped'> {
  const states = new Map<string, 'succeeded' | 'failed' | 'skipped'>();
  for (const step of steps) {
    const lost = step.needs.some((need) => states.get(need) !== 'succeeded');
    const cleanup = step.kind === 'job' && step.onFailureOf.length > 0;
    const idle = cleanup && !step.onFailureOf.some((one) => states.get(one) === 'failed');
    if (lost || idle) states.set(step.name, 'skipped');
    else states.set(step.name, step.kind === 'job' && step.fails === 'always' ? 'failed' : 'succeeded');
  }
  return states;
}

/** Where scripts and transfers of a run find their files. */
export interface GraphPlaces {
  /** file of the lines that its scripts write */
  readonly log: string;
  readonly path: (collection: string, file: string) => string;
}

/** The collection that a stage-in takes its files from: one that is paused, where the person cancels the run meanwhile. */
export function sourceOf({person}: RandomGraph, step: StageStep): 'archive' | 'shut' {
  return person === 'cancel' && step.needs.length === 0 ? 'shut' : 'archive';
}

/** The workflow file. */
export function workflowOf(graph: RandomGraph): string {
  const {name, steps} = graph;
  const env = JSON.stringify(ENV);
  const keys = (step: GraphStep) =>
    step.kind === 'job' && step.onFailureOf.length > 0
      ? `    on_failure_of: [${step.onFailureOf.join(', ')}]\n`
      : step.needs.length > 0
        ? `    needs: [${step.needs.join(', ')}]\n`
        : '';
  const texts = steps.map((step) => {
    if (step.kind !== 'job') {
      const [from, to] = step.kind === 'in' ? [sourceOf(graph, step), 'cluster'] : ['cluster', 'archive'];
      const place = `${from}:/${name}/${step.kind === 'in' ? step.name : step.needs[0]}/`;
      return `  ${step.name}:\n${keys(step)}    transfer: {from: "${place}", to: "${to}:/${name}/${step.name}/"}\n`;
    }
    const array = step.indices === 0 ? '' : `, array: 0-${step.indices - 1}`;
    const retries = step.fails === 'first' ? '    retries: 1\n    retry_delay: 1\n' : '';
    return `  ${step.name}:\n${keys(step)}${retries}    job: {script: ${name}.${step.name}.sh, env: ${env}${array}}\n`;
  });
  return `name: ${name}\nsteps:\n${texts.join('')}`;
}

/** The script of a job: it says that it begins and how it ends, and what it finds wrong. */
export function scriptOf(graph: RandomGraph, step: JobStep, version: number, {log, path}: GraphPlaces): string {
  const {name} = graph;
  const arrived = graph.steps.flatMap((need) => {
    if (need.kind !== 'in' || !step.needs.includes(need.name)) return [];
    const ends = [sourceOf(graph, need), 'cluster'].map((end) => `'${path(end, `${name}/${need.name}`)}'`).join(' ');
    return [`same ${ends} || same ${ends} || say early ${need.name}`]; // twice: a diff may have been killed
  });
  const out = path('cluster', `${name}/${step.name}`);
  const env = Object.entries(ENV).map(([key, value]) => `[ "$${key}" = '${value}' ] || say env ${key}`);
  const failure =
    step.fails === 'always'
      ? 'exit=3'
      : step.fails === 'first'
        ? '[ "$STAGE_ATTEMPT" != 1 ] || [ "$index" -gt 0 ] 2>/dev/null || exit=3'
        : ':';
  return `#!/bin/sh
index=\${PBS_ARRAY_INDEX:--}
say() { echo "$1 ${step.name} $STAGE_ATTEMPT $index $PBS_JOBID \${2:-}" >> '${log}'; }
same() { diff -r "$1" "$2" >/dev/null 2>&1; }
say begin ${version}
${[...env, ...arrived].join('\n')}
sleep ${step.sleep}
mkdir -p '${out}'; echo "$index" > '${out}/part.'"$index"
exit=0
${failure}
say end "$exit"
exit "$exit"
`;
}
