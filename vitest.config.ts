import {defineConfig} from 'vitest/config';
import {BaseSequencer, type TestSpecification} from 'vitest/node';

if (Number.parseInt(process.versions.node, 10) < 24)
  throw new Error(
    'tests run with the Node.js that stage runs with: npm test -- FILE, or sh scripts/with-node.sh vitest run FILE',
  );

/** Rooms whose tests start no process of stage. */
const PURE = [
  'test/{base,campaign,cli,config,disk,engine,ledger,limits,scheduler,submission,transfer,workflow}/**/*.test.ts',
  'test/standing/**/!(stand-in).test.ts',
];

/** Files that take longest by themselves, mostly since they wait: what begins last must not be one of them. */
const LONGEST = [
  'app/runs/away',
  'app/runs/two-weeks',
  'batch-scripts/job-wrapper',
  'crash/disk',
  'app/runs/scenarios',
  'crash/crash-points',
  'app/runs/outages',
  'batch-scripts/as-qsub',
  'app/runs/strategies',
  'auth/login',
  'app/runs/bad-nodes',
  'app/runs/why/why-refusals',
  'commands/lost-answers',
  'commands/job',
  'stand-ins/pbs/jobs',
  'app/shared/secrets',
  'crash/many-deaths',
  'app/runs/ending/ended-by-people',
  'app/runs/jobs-without-globus',
  'app/runs/remaining-time',
  'app/runs/adopt',
  'batch-scripts/environment',
  'batch-scripts/scripts',
  'app/runs/graph',
  'app/runs/classic-workflow',
  'app/runs/retries',
  'app/runs/submissions',
  'app/runs/unknown-server',
].map((name) => `/test/${name}.test.ts`);

/**
 * What waits longest first; then what needs a processor alone, while they wait; then the rest. A worker goes on to the next
 * file where that is of the same project, so projects alternate no more often than that.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({moduleId, project}: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return place >= 0 ? place : LONGEST.length + (project.name === 'pure' ? 0 : 1);
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

/** Where each command is a process of its own, or a job of a real PBS. */
const OWN_PROCESSES = process.env.STAGE_TEST_OWN_PROCESSES === '1' || process.env.STAGE_TEST_PBS === '1';

export default defineConfig({
  test: {
    // Files share a worker: a fresh one for each took a third of a second of a processor, eighty in all. What a file changes
    // of its process it puts back, and it mocks no modules.
    isolate: false,
    unstubEnvs: true,
    projects: [
      {extends: true, test: {name: 'pure', include: PURE}},
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['test/**/*.test.ts'],
          exclude: PURE,
          globalSetup: 'test/support/warm-setup.ts',
        },
      },
    ],
    sequence: {sequencer: LongestFirst},
    // Bounds, not expectations: on two cores that others use too, a chain of a dozen processes takes its time.
    testTimeout: process.env.CI ? 600_000 : 180_000,
    hookTimeout: process.env.CI ? 300_000 : 120_000,
    // Tests mostly wait for what jobs and tasks do in real time: six files with three concurrent tests each keep two cores
    // busy. Without CI bounds are a third as wide, and four do; where each command is a process of its own, two.
    maxWorkers: OWN_PROCESSES ? 2 : process.env.CI ? 6 : 4,
    maxConcurrency: 3,
    // No test is tried again in its place, since worlds are shared: scripts/test.sh has failed files run again, alone.
    reporters: ['default'],
  },
});
