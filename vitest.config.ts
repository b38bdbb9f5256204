import {defineConfig} from 'vitest/config';

if (Number.parseInt(process.versions.node, 10) < 24)
  throw new Error(
    'tests run with the Node.js that stage runs with: npm test -- FILE, or sh scripts/with-node.sh vitest run FILE',
  );

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
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
