import {describe, expect, test} from 'vitest';
import {readDirectives} from '../../src/scheduler/pbs/directives.ts';

describe('#PBS lines of a user’s script', () => {
  test('are handed on as they stand, up to the first executable line', () => {
    const script =
      '#!/bin/bash\n#PBS -l walltime=01:00:00\n# a comment\n\n#PBS -N my.job -q workq\necho\n#PBS -l ncpus=2\n';
    expect(readDirectives(script)).toEqual({
      queue: 'workq',
      walltime: '01:00:00',
      lines: ['#PBS -l walltime=01:00:00', '#PBS -N my.job -q workq'],
      variables: [],
      jobName: 'my.job',
      ownOutput: false,
      problems: [],
    });
  });

  test('-v, -S and -z are taken over; of several -v the last counts', () => {
    const read = readDirectives('#PBS -v A=1,B=2 -N x\n#PBS -S /bin/tcsh\n#PBS -z\n#PBS -v C="a b"\n');
    expect(read).toMatchObject({lines: ['#PBS -N x'], variables: ['C=a b'], shell: '/bin/tcsh'});
  });

  test('quotes and glued values are understood', () => {
    expect(readDirectives('#PBS -o "/a b/out" -Nname -qlong').lines).toEqual(['#PBS -o "/a b/out" -Nname -qlong']);
    expect(readDirectives('#PBS -o "/a b/out" -Nname').jobName).toBe('name');
    expect(readDirectives('#PBS -o "/a b/out"').ownOutput).toBe(true);
    expect(readDirectives("#PBS -v 'A=it is'").variables).toEqual(['A=it is']);
  });

  test.each(['-o x', '-e x', '-j oe', '-k oed', '-R oe'])(
    '%s means that the user wants the output where PBS puts it',
    (option) => {
      expect(readDirectives(`#PBS ${option}`).ownOutput).toBe(true);
    },
  );

  test.each([
    ['#PBS -I', /interactive/],
    ['#PBS -J 0-9', /write array: into the workflow/],
    ['#PBS -W depend=afterok:1,block=true', /block=true/],
  ])('%s cannot be run, and is told with its line', (line, what) => {
    expect(readDirectives(`#!/bin/sh\n${line}\n`).problems).toEqual([{line: 2, what: expect.stringMatching(what)}]);
  });

  test('#PBSX and indented text are no directives', () => {
    expect(readDirectives('#PBSX -N a\n #PBS -N b\n').lines).toEqual([]);
  });
});
