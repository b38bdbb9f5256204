import {describe, expect, test} from 'vitest';
import {readDirectives} from '../../../src/scheduler/directives/read-directives.ts';

describe('#PBS lines of a user’s script', () => {
  test('are handed on as they stand, up to the first executable line', () => {
    const script =
      '#!/bin/bash\n#PBS -l walltime=01:00:00\n# a comment\n\n#PBS -N my.job -q workq\necho\n#PBS -l ncpus=2\n';
    expect(readDirectives(script)).toMatchObject({
      queue: 'workq',
      resources: {walltime: '01:00:00'},
      lines: ['#PBS -l walltime=01:00:00', '#PBS -N my.job -q workq'],
      variables: [],
      jobName: 'my.job',
      ownOutput: false,
      hold: false,
      wholeEnvironment: false,
      depend: [],
      mistakes: [],
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
    expect(readDirectives(`#!/bin/sh\n${line}\n`).mistakes).toMatchObject([
      {line: 2, what: expect.stringMatching(what)},
    ]);
  });

  test.each(['#PBS -W block=false', '#PBS -W umask=022', '#PBS -A block=true'])('%s can be run', (line) => {
    expect(readDirectives(line).mistakes).toEqual([]);
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

  test('a word that is no option is a mistake, and no line behind an executable one is read', () => {
    expect(readDirectives('#PBSX -N a\n').mistakes).toMatchObject([{what: expect.stringContaining('"X" is too much')}]);
    expect(readDirectives(' :\n#PBS -N a\n').lines).toEqual([]);
    expect(readDirectives('true\n  #PBS -N a\n').lines).toEqual([]);
  });

  test('a problem in a continued line is told with the line it begins in', () => {
    expect(readDirectives('#!/bin/sh\n#PBS -N a \\\n-I\n').mistakes).toMatchObject([{line: 2}]);
  });

  test('options of one word and the words behind them are told apart as getopt does', () => {
    const read = readDirectives('#PBS -hzN clustered\n#PBS -N a\\ b');
    expect(read).toMatchObject({hold: true, jobName: 'a b', lines: ['#PBS -h -N clustered', '#PBS -N a\\ b']});
  });

  test('of several -l the first that names a resource holds, and of other options the last', () => {
    const read = readDirectives('#PBS -l walltime=10 -q a\n#PBS -l WALLTIME=20,ncpus=2 -q b\n');
    expect(read).toMatchObject({resources: {walltime: '10', ncpus: '2'}, queue: 'b'});
  });

  test('a hold, what is not to be started twice, and what a job waits for are told', () => {
    expect(readDirectives('#PBS -h -r n\n#PBS -W depend=afterok:1:2.host,umask=027 -V')).toMatchObject({
      hold: true,
      rerunnable: false,
      wholeEnvironment: true,
      depend: [{type: 'afterok', jobs: ['1', '2.host']}],
    });
    expect(readDirectives('#PBS -r y').rerunnable).toBe(true);
    expect(readDirectives('#PBS -N a').rerunnable).toBeUndefined();
  });
});
