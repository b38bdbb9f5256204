import {describe, expect, test} from 'vitest';
import {readDirectives} from '../../src/scheduler/script.ts';

describe('#PBS lines of a user’s script', () => {
  test('are handed on as they stand, up to the first executable line', () => {
    const script =
      '#!/bin/bash\n#PBS -l walltime=01:00:00\n# a comment\n\n#PBS -N my.job -q workq\necho\n#PBS -l ncpus=2\n';
    expect(readDirectives(script)).toEqual({
      queue: 'workq',
      resources: {walltime: '01:00:00'},
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
    ['#PBS -W block=True', /block=true/],
    ['#PBS -W "umask=022, block = TRUE"', /block=true/],
    ['#PBS -Wblock=true', /block=true/],
    ['#PBS -W interactive=true', /interactive/],
  ])('%s cannot be run, and is told with its line', (line, what) => {
    expect(readDirectives(`#!/bin/sh\n${line}\n`).problems).toEqual([{line: 2, what: expect.stringMatching(what)}]);
  });

  test.each(['#PBS -W block=false', '#PBS -W umask=022', '#PBS -N block=true'])('%s can be run', (line) => {
    expect(readDirectives(line).problems).toEqual([]);
  });

  test.each([
    ['indented', '#!/bin/sh\n  #PBS -N a\n\t#PBS -q long\n', ['#PBS -N a', '#PBS -q long']],
    ['without a blank', '#PBS-N a\n', ['#PBS -N a']],
    ['behind a line of a colon', ':\n: shell of old\n#PBS -N a\n', ['#PBS -N a']],
    [
      'continued',
      '#PBS -N a \\\n  -l walltime=5 \\\n-q long\n#PBS -A acct\n',
      ['#PBS -N a -l walltime=5 -q long', '#PBS -A acct'],
    ],
  ])('those that qsub reads %s are read so', (_, script, lines) => {
    expect(readDirectives(script).lines).toEqual(lines);
  });

  test('what qsub would refuse is handed on for it to refuse, and no line behind an executable one is read', () => {
    expect(readDirectives('#PBSX -N a\n').lines).toEqual(['#PBS X -N a']);
    expect(readDirectives(' :\n#PBS -N a\n').lines).toEqual([]);
    expect(readDirectives('true\n  #PBS -N a\n').lines).toEqual([]);
  });

  test('a problem in a continued line is told with the line it begins in', () => {
    expect(readDirectives('#!/bin/sh\n#PBS -N a \\\n-I\n').problems).toMatchObject([{line: 2}]);
  });
});
