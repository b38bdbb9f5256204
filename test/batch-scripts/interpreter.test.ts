import {expect, test} from 'vitest';
import {interpreterOf, topShell} from '../../src/batch-scripts/script-reader.ts';
import {readDirectives} from '../../src/scheduler/directives/read-directives.ts';

test.each([
  ['#!/bin/sh\ntrue\n', ['/bin/sh', '']],
  ['#! /usr/bin/env  python3 -u \nprint()\n', ['/usr/bin/env', 'python3 -u']],
  ['#!/bin/bash -l\n#PBS -S /bin/sh\n', ['/bin/bash', '-l']],
  ['#!/usr/bin/env python3\n#PBS -S /bin/bash\n', ['/usr/bin/env', 'python3']],
  ['#!bash\n', ['./bash', '']],
  ['#!../bin/tool\n', ['../bin/tool', '']],
  ['#!\t/opt/my\u00a0tool \t\n', ['/opt/my\u00a0tool', '']],
  ['#!/bin/bash\r\n', ['/bin/bash\r', '']],
  ['#!/bin/sh', ['/bin/sh', '']],
])('the #! line is read as the kernel reads it, whatever -S says: %j', (text, interpreter) => {
  expect(interpreterOf(text, readDirectives(text))).toEqual(interpreter);
});

test.each([
  'true\n',
  '#!\n/bin/echo it is a command, and no interpreter\n',
  '\n#!/bin/bash\n',
  '#PBS -S /bin/bash\ntrue\n',
  '#PBS -S /bin/bash@node1,/bin/tcsh@node2,/bin/sh\n',
])('without such a line, the shell on top of the job reads it: %j', (text) => {
  expect(interpreterOf(text, readDirectives(text))).toEqual(['', '']);
});

test('a -S that is no shell reads the script, and is not on top, where it would read the wrapper', () => {
  const directives = readDirectives('#PBS -S /usr/bin/python3\nprint()\n');
  expect(interpreterOf('#PBS -S /usr/bin/python3\nprint()\n', directives)).toEqual(['/usr/bin/python3', '']);
  expect(topShell(directives)).toEqual([]);
});

test.each(['/bin/bash', '/bin/bash@node1,/bin/tcsh@node2', '/bin/csh,/bin/sh@node1'])('-S %s is handed on', (list) => {
  expect(topShell(readDirectives(`#PBS -S ${list}\n`))).toEqual(['-S', list]);
});
