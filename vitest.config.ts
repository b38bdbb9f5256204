import {defineConfig} from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most of the time tests wait for processes: one worker, which is the default on two cores, leaves them idle.
    maxWorkers: 3,
    reporters: ['default'],
  },
});
