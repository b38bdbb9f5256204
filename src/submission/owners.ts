import type {FactValue} from '../disk/facts.ts';

/** What a job, a task or a submission was made for. */
export interface Owner {
  /** the record it stands on: `compute.1.job`, `stage-in.1`, `monitor`, or `job` for a single job */
  readonly key: string;
  /** the run, or a single job as NAME.NUMBER */
  readonly run?: string | undefined;
  /** the step of that run */
  readonly step?: string | undefined;
}

export const MONITOR: Owner = {key: 'monitor'};
export const NOT_KNOWN: Owner = {key: 'unknown'};

/** What each job, task and submission was made for, by its id: PBS and Globus are asked by ids alone. */
export class Owners {
  readonly #byId = new Map<string, Owner>();

  of(id: string): Owner {
    return this.#byId.get(id) ?? NOT_KNOWN;
  }

  add(id: string, owner: Owner): void {
    this.#byId.set(id, owner);
  }

  /** Learn from all facts of a run. */
  addRun(run: {readonly id: string; readonly facts: ReadonlyMap<string, FactValue>}): void {
    for (const [name, value] of run.facts) this.addFact(run.id, name, value);
  }

  /** Learn from one fact of a run: intents name submissions, confirmations name jobs and tasks. */
  addFact(run: string, name: string, {job, task, submissionId}: FactValue): void {
    if (typeof job === 'string') {
      const [, key, step] = /^(([^.]+).+)\.confirmed$/.exec(name) ?? [];
      if (key) this.add(job, {key, run, step});
    }
    for (const id of [task, submissionId]) {
      if (typeof id !== 'string') continue;
      const [, key, step] = /^(([^.]+)\.\d+)\.transfer\.(?:intent|confirmed)$/.exec(name) ?? [];
      if (key) this.add(id, {key, run, step});
    }
  }
}

/** Read the tag of a job: `s-RUN.STEP.ATTEMPT.ROLE.WORD`, `s-job.NAME.NUMBER.WORD` or `s-monitor.GENERATION.WORD`. */
export function ownerOfTag(tag: string): Owner {
  const [, run, key, step] = /^s-([^.]+\.\d+)\.(([^.]+)\.\d+\.[^.]+)\.[^.]+$/.exec(tag) ?? [];
  if (run && key) return {key, run, step};
  const [, job] = /^s-job\.([^.]+\.\d+)\.[^.]+$/.exec(tag) ?? [];
  if (job) return {key: 'job', run: job};
  return /^s-monitor\.\d+\.[^.]+$/.test(tag) ? MONITOR : NOT_KNOWN;
}
