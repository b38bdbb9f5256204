import {appendFileSync, existsSync, mkdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import type {Person} from '../../support/person.ts';
import {sealOf} from '../../support/scenarios.ts';
import type {Wrong} from '../../support/verify.ts';
import {hashesOf, type JobDocument, type World} from '../../support/world.ts';
import {type Circumstances, goingOnBesideDeleted, readLines, wrongsInEvidence} from './evidence.ts';
import {type GraphPlaces, type JobStep, type RandomGraph, scriptOf, sourceOf, workflowOf} from './random-graph.ts';

/** A run of a random graph in a world. */
export interface GraphRun {
  readonly graph: RandomGraph;
  readonly run: string;
  readonly file: string;
  /** from the first command on, until nothing is left to say */
  play(person: Person): Promise<void>;
  /** all has ended but what waits for the word of a person who deleted a job of it */
  waitsForWord(): boolean;
  /** what is wrong with it by now, as scripts, PBS, Globus and the disk show it */
  wrongs(seal: string, circumstances: Omit<Circumstances, 'unmarked'>): Promise<Wrong[]>;
}

export function aGraphRun(world: World, graph: RandomGraph): GraphRun {
  const {name} = graph;
  const places: GraphPlaces = {log: join(world.work, `${name}.lines`), path: world.path};
  const write = (step: JobStep, version: number) =>
    world.write(`${name}.${step.name}.sh`, scriptOf(graph, step, version, places));
  const jobs = graph.steps.filter((step) => step.kind === 'job');
  for (const step of graph.steps) {
    if (step.kind === 'job') write(step, 1);
    if (step.kind === 'in') world.writeTree(world.path(sourceOf(graph, step), `${name}/${step.name}`), 3);
    // The check before a run looks whether a source is there.
    if (step.kind === 'out') mkdirSync(world.path('cluster', `${name}/${step.needs[0]}`), {recursive: true});
  }
  const file = world.write(`${name}.yaml`, workflowOf(graph));
  world.write(`${name}.other.sh`, '#!/bin/sh\ntrue\n');
  const other = world.write(
    `${name}-other.yaml`,
    `name: ${name}-other\nsteps: {one: {job: {script: ${name}.other.sh}}}\n`,
  );
  const note = (line: string) => appendFileSync(places.log, `${line}\n`);

  /** Jobs that have begun or ended, as PBS says now; undefined when it cannot be asked. */
  async function begun(tries = 4): Promise<string[] | undefined> {
    const asked = await world.pbs('qstat', '-x', '-t', '-f', '-F', 'json');
    if (asked.exitCode !== 0) return tries > 1 ? begun(tries - 1) : undefined;
    try {
      const {Jobs = {}} = JSON.parse(asked.stdout) as {Jobs?: Record<string, Pick<JobDocument, 'job_state'>>};
      return Object.entries(Jobs).flatMap(([id, job]) => (/^[REFX]$/.test(job.job_state) ? [id] : []));
    } catch {
      return undefined; // an outage may answer with anything
    }
  }

  /** Delete the job of a step that has not begun, as a person does with qdel. */
  async function deleteByHand(): Promise<void> {
    const step = jobs.find(({deleted}) => deleted)?.name;
    const found = await world.jobsOf(`${name}.1`).catch(() => []);
    const job = found.find(({Variable_List}) => String(Variable_List?.STAGE_INTENT).includes(`.${step}.1.job`));
    if (!job || !/^[HQW]$/.test(job.job_state)) return;
    if ((await world.pbs('qdel', job.id)).exitCode === 0) note(`deleted ${step}`);
  }

  async function play(person: Person): Promise<void> {
    if (graph.person === 'adopt') {
      const step = graph.steps.find((one) => one.kind === 'in' && one.adopted);
      const places = [`archive:/${name}/${step?.name}/`, `cluster:/${name}/${step?.name}/`];
      const argv = ['transfer', 'start', ...places, '--label', `elsewhere ${name}.1 ${step?.name}`, '--json'];
      // The deaths are those of the run's own processes; a start whose answer is lost is not repeated with another id.
      const id = await person.says('transfer', 'submission-id', '--json');
      const {submissionId} = id.json<{submissionId: string}>();
      const started = await person.says(...argv, '--submission-id', submissionId);
      await person.says('run', file, '--adopt', `${step?.name}=${started.json<{task: string}>().task}`);
      return;
    }
    const ran = await person.says('run', file);
    if (ran.exitCode === 2) throw new Error(`stage run ${name}: ${ran.stderr}`);
    if (graph.person === 'cancel') {
      await pause(1500);
      await person.says('cancel', name);
    }
    if (graph.person === 'hold') {
      const held = await person.says('hold', name);
      note(`said hold ${held.exitCode}`);
      const running = held.exitCode === 0 ? await begun() : undefined;
      if (running) note(`held ${running.join(' ')}`);
      await pause(5000);
      note('released');
      await person.says('release', name);
    }
    if (graph.person === 'delete') {
      await deleteByHand();
      // What a person asks of another run brings nothing back in this one.
      await person.says('run', other);
    }
    if (graph.person === 'update') {
      const step = jobs.find(({updated}) => updated);
      if (!step) return;
      write(step, 2);
      const updated = await person.says('run', file, '--update');
      note(`said update ${updated.exitCode}`);
      const running = updated.exitCode === 0 ? await begun() : undefined;
      if (running) note(`updated ${step.name} ${running.join(' ')}`);
    }
  }

  const linesOf = () => readLines(existsSync(places.log) ? readFileSync(places.log, 'utf8') : '');

  /** By its facts: a command that asked would be that word. */
  function newest(step: string): {readonly attempt: number; readonly state: string} | undefined {
    const facts = world.facts(`${name}.1`);
    const attempt = Math.max(
      0,
      ...facts.flatMap((fact) => (fact.startsWith(`${step}.`) ? [Number(fact.split('.')[1])] : [])),
    );
    const outcome = `${step}.${attempt}.outcome.json`;
    return facts.includes(outcome) ? {attempt, state: String(world.fact(`${name}.1`, outcome).state)} : undefined;
  }

  /** Attempts whose scripts began, and of whose end the wrapper has put nothing on disk. */
  function unmarked(): ReadonlySet<string> {
    const marked = new Set(
      world.facts(`${name}.1`).flatMap((fact) => {
        const [, step, attempt, index = '-'] =
          /^([^.]+)\.(\d+)\.(?:i(\d+)\.)?(?:end|status)\.\d+\.json$/.exec(fact) ?? [];
        return step === undefined ? [] : [`${step} ${attempt} ${index}`];
      }),
    );
    const begun = linesOf().flatMap((line) =>
      line.is === 'begin' ? [`${line.step} ${line.attempt} ${line.index}`] : [],
    );
    return new Set(begun.filter((one) => !marked.has(one)));
  }

  async function wrongs(seal: string, circumstances: Omit<Circumstances, 'unmarked'>): Promise<Wrong[]> {
    const sealed = sealOf(world, seal);
    const tasks = (await world.tasks()).filter(({label}) => label?.includes(` ${name}.1 `));
    const open = tasks.filter(({status}) => status === 'ACTIVE' || status === 'INACTIVE');
    const labels = tasks.map(({label}) => label);
    const twice = [...new Set(labels.filter((label, at) => labels.indexOf(label) !== at))];
    const differs = graph.steps.filter(
      (step) =>
        step.kind === 'out' &&
        sealed?.steps.find((one) => one.step === step.name)?.state === 'succeeded' &&
        treeOf(world.path('cluster', `${name}/${step.needs[0]}`)) !==
          treeOf(world.path('archive', `${name}/${step.name}`)),
    );
    return [
      ...(sealed ? [] : [{kind: 'stuck', what: `${seal} has not ended`} as const]),
      ...wrongsInEvidence(graph, linesOf(), sealed, {...circumstances, unmarked: unmarked()}),
      ...(sealed ? open.map(({label}): Wrong => ({kind: 'stuck', what: `a task is still active: ${label}`})) : []),
      ...twice.map((label): Wrong => ({kind: 'duplicate', what: `two tasks "${label}"`})),
      ...differs.map((step): Wrong => ({kind: 'loss', what: `${name}: the results of ${step.name} did not arrive`})),
    ];
  }

  const waitsForWord = () => goingOnBesideDeleted(graph, linesOf(), newest)?.length === 0;
  return {graph, run: `${name}.1`, file, play, waitsForWord, wrongs};
}

function treeOf(directory: string): string {
  return existsSync(directory) ? JSON.stringify(hashesOf(directory)) : '';
}
