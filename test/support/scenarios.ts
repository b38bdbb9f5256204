import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Person} from './person.ts';
import type {Sealed, World} from './world.ts';

/** A workflow, what a person does with it, and what must have come of it whatever died on the way. */
export interface Scenario {
  readonly name: string;
  readonly run: string;
  readonly file: string;
  /** from the first command on, until nothing is left to say */
  play(person: Person): Promise<void>;
  /** the state it is sealed with at last, and under which name */
  readonly end: 'succeeded' | 'failed' | 'cancelled';
  readonly seal: string;
  /** labels of its tasks, each of which exists once */
  readonly tasks: readonly string[];
  /** `STEP` or `STEP INDEX` for each time that a script of the user's ran, sorted */
  readonly executions: readonly string[];
  /** file of the scripts' lines */
  readonly log: string;
  /** file with a line `STEP ATTEMPT INDEX JOB` for each time that a script began; INDEX is - without an array */
  readonly begun: string;
  readonly steps: readonly {readonly name: string; readonly transfer: boolean}[];
  /** directories with the same content at the end */
  readonly arrived?: readonly [string, string];
}

export function executionsOf({log}: Scenario): string[] {
  if (!existsSync(log)) return [];
  return readFileSync(log, 'utf8').split('\n').filter(Boolean).sort();
}

export function sealOf(world: World, name: string): Sealed | undefined {
  const file = join(world.state, 'sealed', `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Sealed) : undefined; // a fact: it is there whole or not at all
}

interface Made {
  readonly steps: string;
  readonly scripts: Readonly<Record<string, string>>;
}

interface Places {
  readonly name: string;
  /** as scripts see the collection "cluster" */
  readonly staged: string;
  readonly results: string;
  /** a file that a person puts there to fix what fails */
  readonly mended: string;
}

/** A script that says that it began. */
const telling = (log: string, step: string, body: string): string =>
  `#!/bin/sh
echo ${step} $PBS_ARRAY_INDEX >> ${log}
echo ${step} $STAGE_ATTEMPT \${PBS_ARRAY_INDEX:--} $PBS_JOBID >> ${log}.begun
${body}
`;

const stageIn = ({name}: Places, more = '') =>
  `  stage-in:\n${more}    transfer: {from: "archive:/${name}/in/", to: "cluster:/${name}/in/"}\n`;
const stageOut = ({name}: Places, needs: string, more = '') =>
  `  stage-out:\n    needs: [${needs}]\n${more}    transfer: {from: "cluster:/${name}/out/", to: "archive:/${name}/out/"}\n`;
const job = (name: string, step: string, more: string, keys = '') =>
  `  ${step}:\n${more}    job: {script: ${name}.${step}.sh${keys}}\n`;
const cleanup = ({name}: Places) => job(name, 'cleanup', '    on_failure_of: [stage-in, compute]\n');
const copy = ({staged, results}: Places) => `cp -R ${staged}/. ${results}/`;

const classicSteps = (places: Places, more = '') =>
  stageIn(places, more) +
  job(places.name, 'compute', '    needs: [stage-in]\n') +
  stageOut(places, 'compute', more) +
  cleanup(places);

type Outcome = Pick<Scenario, 'end' | 'executions'> & {
  readonly tasks: readonly string[];
  readonly arrives: boolean;
  readonly seal?: string;
};

const WELL: Outcome = {
  end: 'succeeded',
  executions: ['compute'],
  tasks: ['stage-in 1', 'stage-out 1'],
  arrives: true,
};

interface Kind {
  make(places: Places): Made;
  play?(
    person: Person,
    scenario: {
      readonly name: string;
      readonly file: string;
      readonly mended: string;
      /** give a step another script */
      mend(step: string, body: (places: Places) => string): void;
    },
  ): Promise<void>;
  readonly outcome: Outcome;
}

const simple =
  (more = ''): Kind['make'] =>
  (places) => ({steps: classicSteps(places, more), scripts: {compute: copy(places), cleanup: ''}});

export const KINDS = {
  /** stage in, compute, stage out, a cleanup that must not run */
  classic: {make: simple(), outcome: WELL},
  /** the same, with jobs that wait for the transfers */
  waiting: {make: simple('    strategy: wait\n'), outcome: WELL},
  /** compute fails: the cleanup runs, nothing is staged out */
  failing: {
    make: (places) => ({steps: classicSteps(places), scripts: {compute: 'exit 3', cleanup: ''}}),
    outcome: {end: 'failed', executions: ['cleanup', 'compute'], tasks: ['stage-in 1'], arrives: false},
  },
  /** an array of which one index fails at first, and is tried again alone */
  array: {
    make: (places) => ({
      steps:
        stageIn(places) +
        job(places.name, 'compute', '    needs: [stage-in]\n    retries: 1\n    retry_delay: 1\n', ', array: 0-2') +
        stageOut(places, 'compute') +
        cleanup(places),
      scripts: {
        // One subjob copies: of several `cp -R` into one directory at once, some end with "File exists".
        compute: `[ $PBS_ARRAY_INDEX = 1 ] && [ $STAGE_ATTEMPT = 1 ] && exit 1\n[ $PBS_ARRAY_INDEX != 0 ] || ${copy(places)}`,
        cleanup: '',
      },
    }),
    outcome: {...WELL, executions: ['compute 0', 'compute 1', 'compute 1', 'compute 2']},
  },
  /** two stage-ins, jobs that depend on each other, two stage-outs and a step that always runs */
  graph: {
    make: (places) => ({
      steps:
        stageIn(places) +
        `  more:\n    transfer: {from: "archive:/${places.name}/in/", to: "cluster:/${places.name}/more/"}\n` +
        job(places.name, 'first', '    needs: [stage-in, more]\n') +
        job(places.name, 'compute', '    needs: [first]\n') +
        stageOut(places, 'compute') +
        job(places.name, 'tidy', '    when: always\n'),
      scripts: {first: '', compute: copy(places), tidy: ''},
    }),
    outcome: {
      end: 'succeeded',
      executions: ['compute', 'first', 'tidy'],
      tasks: ['more 1', 'stage-in 1', 'stage-out 1'],
      arrives: true,
    },
  },
  /** a person cancels it during the stage-in, which cannot go on */
  cancelled: {
    make: (places) => {
      const made = simple()(places);
      return {...made, steps: made.steps.replace('archive:', 'shut:')};
    },
    async play(person, {name, file}) {
      await person.says('run', file);
      await person.says('cancel', name);
    },
    outcome: {end: 'cancelled', executions: ['cleanup'], tasks: ['stage-in 1'], arrives: false},
  },
  /** a person holds it while its first job runs, and lets it go on */
  held: {
    make: (places) => ({
      steps:
        job(places.name, 'first', '') +
        job(places.name, 'compute', '    needs: [first]\n') +
        stageOut(places, 'compute'),
      scripts: {first: 'sleep 3', compute: `cp -R ${places.staged}/. ${places.results}/`},
    }),
    async play(person, {name, file}) {
      await person.says('run', file);
      await person.says('hold', name);
      await person.says('release', name);
    },
    outcome: {end: 'succeeded', executions: ['compute', 'first'], tasks: ['stage-out 1'], arrives: true},
  },
  /** compute fails, a person fixes what was wrong and resumes the run */
  resumed: {
    make: (places) => ({
      steps: classicSteps(places),
      scripts: {compute: `[ -e ${places.mended} ] || exit 3\n${copy(places)}`, cleanup: ''},
    }),
    async play(person, {name, file, mended}) {
      await person.says('run', file);
      await person.waits('its failure', () => sealOf(person.world, `${name}.1`));
      writeFileSync(mended, '');
      await person.says('resume', name);
    },
    outcome: {
      ...WELL,
      executions: ['cleanup', 'compute', 'compute'],
      tasks: ['stage-in 1', 'stage-out 2'],
      seal: '~1',
    },
  },
  /** a person fixes the script of a job that has not begun */
  updated: {
    make: (places) => ({
      steps:
        job(places.name, 'first', '') +
        job(places.name, 'compute', '    needs: [first]\n') +
        stageOut(places, 'compute'),
      scripts: {first: `until [ -e ${places.mended} ]; do sleep 0.3; done`, compute: 'exit 3'},
    }),
    async play(person, {file, mended, mend}) {
      await person.says('run', file);
      mend('compute', ({staged, results}) => `cp -R ${staged}/. ${results}/`);
      await person.says('run', file, '--update');
      writeFileSync(mended, '');
    },
    outcome: {end: 'succeeded', executions: ['compute', 'first'], tasks: ['stage-out 1'], arrives: true},
  },
  /** a task that was started elsewhere is grafted on */
  adopted: {
    make: simple(),
    async play(person, {name, file}) {
      const to = `cluster:/${name}/in/`;
      const label = `elsewhere ${name}.1 stage-in`;
      const argv = ['transfer', 'start', `archive:/${name}/in/`, to, '--label', label, '--json'];
      // By somebody else: the deaths are those of the run's own processes.
      const started = await person.world.stage(...argv, {env: {STAGE_CRASH_POINTS: ''}});
      await person.says('run', file, '--adopt', `stage-in=${started.json<{task: string}>().task}`);
    },
    outcome: {...WELL, tasks: ['elsewhere', 'stage-out 1']},
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

/** Put everything in place for one run of a kind. Worlds in which something is cancelled need a paused collection "shut". */
export function aScenario(world: World, kindName: KindName, name: string): Scenario {
  const kind: Kind = KINDS[kindName];
  const places = {
    name,
    staged: world.path('cluster', `${name}/in`),
    results: world.path('cluster', `${name}/out`),
    mended: join(world.work, `${name}.mended`),
  };
  const log = join(world.work, `${name}.log`);
  const source = world.path('archive', `${name}/in`);
  world.writeTree(source, 3);
  const ownData = kindName === 'held' || kindName === 'updated'; // they stage nothing in
  if (ownData) world.writeTree(places.staged, 3);
  if (kindName === 'cancelled') world.writeTree(world.path('shut', `${name}/in`), 3); // the check before a run looks there
  mkdirSync(places.results, {recursive: true});
  const {steps, scripts} = kind.make(places);
  const write = (step: string, body: string) => world.write(`${name}.${step}.sh`, telling(log, step, body));
  for (const [step, body] of Object.entries(scripts)) write(step, body);
  const file = world.write(`${name}.yaml`, `name: ${name}\nsteps:\n${steps}`);
  const {end, tasks, executions, arrives, seal = ''} = kind.outcome;
  return {
    name,
    run: `${name}.1`,
    file,
    log,
    begun: `${log}.begun`,
    steps: [...steps.matchAll(/^ {2}(\S+):\n(?: {4}(?!transfer).*\n)*? {4}(transfer|job):/gm)].map(
      ([, step = '', what]) => ({name: step, transfer: what === 'transfer'}),
    ),
    end,
    executions,
    seal: `${name}.1${seal}`,
    tasks: tasks.map((task) => (task === 'elsewhere' ? `elsewhere ${name}.1 stage-in` : `stage ${name}.1 ${task}`)),
    async play(person) {
      if (kind.play)
        await kind.play(person, {
          name,
          file,
          mended: places.mended,
          mend: (step, body) => write(step, body(places)),
        });
      else await person.says('run', file);
    },
    ...(arrives ? {arrived: [ownData ? places.staged : source, world.path('archive', `${name}/out`)]} : {}),
  };
}
