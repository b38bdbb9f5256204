import {defineConfig} from 'vitest/config';
import {BaseSequencer, type TestSpecification} from 'vitest/node';

if (Number.parseInt(process.versions.node, 10) < 24)
  throw new Error(
    'tests run with the Node.js that stage runs with: npm test -- FILE, or sh scripts/with-node.sh vitest run FILE',
  );

/** Rooms whose tests start no process, so that their files may share one: a third of their time was that of fresh workers. */
const PURE = [
  'test/{base,cli,config,disk,engine,ledger,limits,scheduler,submission,transfer,workflow}/**/*.test.ts',
  'test/standing/**/!(stand-in).test.ts',
];

/** Files that take longest by themselves, mostly since they wait: what begins last must not be one of them. */
const LONGEST = [
  'crash/disk',
  'app/runs/away',
  'crash/crash-points',
  'app/runs/two-weeks',
  'app/runs/scenarios',
  'app/runs/strategies',
  'app/runs/outages',
  'app/runs/why-refusals',
  'batch-scripts/job-wrapper',
  'crash/many-deaths',
].map((name) => `/test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({moduleId}: TestSpecification) => LONGEST.findIndex((name) => moduleId.endsWith(name)) >>> 0;
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    projects: [
      {extends: true, test: {name: 'pure', include: PURE, isolate: false, unstubEnvs: true}},
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
    // Tests mostly wait for what jobs and tasks do in real time: three files with three concurrent tests each keep two cores
    // busy. Where each command is a process of its own, two do.
    maxWorkers: process.env.STAGE_TEST_OWN_PROCESSES === '1' || process.env.STAGE_TEST_PBS === '1' ? 2 : 3,
    maxConcurrency: 3,
    // No test is tried again in its place, since worlds are shared: scripts/test.sh has failed files run again, alone.
    reporters: ['default'],
  },
});
