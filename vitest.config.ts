import {defineConfig} from 'vitest/config';

if (Number.parseInt(process.versions.node, 10) < 24)
  throw new Error(
    'tests run with the Node.js that stage runs with: npm test -- FILE, or sh scripts/with-node.sh vitest run FILE',
  );

/** Rooms whose tests start no process, so that their files may share one: a third of their time was that of fresh workers. */
const PURE = [
  'test/{base,cli,config,disk,engine,ledger,limits,scheduler,submission,transfer,workflow}/**/*.test.ts',
  'test/standing/**/!(stand-in).test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {extends: true, test: {name: 'pure', include: PURE, isolate: false, unstubEnvs: true}},
      {extends: true, test: {name: 'processes', include: ['test/**/*.test.ts'], exclude: PURE}},
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most of the time tests wait for processes: one worker, which is the default on two cores, leaves them idle; four use both.
    maxWorkers: 4,
    // In CI one hiccup of a shared machine among two thousand tests does not hide the others' word; what passes only the
    // second time is marked "retry x1" in the output, and is a race to be found.
    retry: process.env.CI ? 1 : 0,
    reporters: ['default'],
  },
});
