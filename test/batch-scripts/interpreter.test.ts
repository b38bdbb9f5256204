import {afterEach, expect, test, vi} from 'vitest';
import {interpreterOf} from '../../src/batch-scripts/job-files.ts';
import {readDirectives} from '../../src/scheduler/script.ts';

afterEach(() => vi.unstubAllEnvs());

test.each([
  ['#!/bin/sh\ntrue\n', ['/bin/sh', '']],
  ['#! /usr/bin/env  python3 -u \nprint()\n', ['/usr/bin/env', 'python3 -u']],
  ['#!/bin/sh\n#PBS -S /bin/bash\n', ['/bin/bash', '']],
  ['true\n', ['/bin/zsh', '']],
  ['#!\n/bin/echo it is a command, and no interpreter\n', ['/bin/zsh', '']],
])('%j', (text, interpreter) => {
  vi.stubEnv('SHELL', '/bin/zsh');
  expect(interpreterOf(text, readDirectives(text))).toEqual(interpreter);
});
