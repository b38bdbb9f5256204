import {describe, expect, test} from 'vitest';
import {hiddenLines, qsubCommandLine} from '../../../src/scheduler/directives/command-line.ts';
import {readDirectives} from '../../../src/scheduler/directives/read-directives.ts';

const script = readDirectives('#PBS -q gpu -A mine\n#PBS -l select=1:ncpus=8:ngpus=2\n');
const defaults = {
  queue: 'main',
  account: 'climate',
  project: 'p',
  resources: {select: '1:ncpus=1', walltime: '01:00:00'},
};

describe('defaults of a profile', () => {
  test('are for what neither the workflow nor the script says', () => {
    expect(qsubCommandLine(script, {resources: {}}, defaults)).toEqual({
      jobName: undefined,
      queue: undefined,
      account: undefined,
      project: 'p',
      resources: {walltime: '01:00:00'},
    });
  });

  test('and what the workflow says takes the place of both', () => {
    const said = {queue: 'long', resources: {walltime: '02:00:00'}};
    expect(qsubCommandLine(script, said, defaults)).toMatchObject({queue: 'long', resources: {walltime: '02:00:00'}});
  });

  test.each([
    ['#PBS -l select=1:ncpus=2', {ncpus: '4', mem: '1gb', place: 'pack', walltime: '1:00'}, {walltime: '1:00'}],
    ['#PBS -l nodes=1:ppn=2', {select: '1', walltime: '1:00'}, {walltime: '1:00'}],
    ['#PBS -l ncpus=2', {select: '1:ncpus=1', mem: '1gb'}, {mem: '1gb'}],
    ['#PBS -l place=scatter', {select: '2', ncpus: '1', place: 'pack'}, {select: '2'}],
    ['#PBS -l walltime=5', {select: '2', walltime: '1:00'}, {select: '2'}],
    ['#PBS -l select=1', {filesystems: 'home'}, {filesystems: 'home'}],
  ])('%s beside %o: a layout of chunks is one thing', (line, resources, expected) => {
    expect(qsubCommandLine(readDirectives(line), {resources: {}}, {resources}).resources).toEqual(expected);
  });
});

test('lines that further arguments of the profile take the place of are told', () => {
  const said = qsubCommandLine(
    script,
    {resources: {}},
    {resources: {}, extraArgs: ['-m', 'n', '-A', 'centre', '-lmem=1gb']},
  );
  expect(hiddenLines(script, said)).toEqual([{key: 'extra', now: '-A centre', line: 1, written: '-A mine'}]);
});

test('lines that the workflow takes the place of are told, unless they say the same', () => {
  const said = qsubCommandLine(script, {queue: 'main', account: 'mine', resources: {select: '1:ncpus=1'}}, defaults);
  expect(hiddenLines(script, said)).toEqual([
    {key: 'queue', now: 'main', line: 1, written: '-q gpu'},
    {key: 'select', now: '1:ncpus=1', line: 2, written: '-l select=1:ncpus=8:ngpus=2'},
  ]);
});
