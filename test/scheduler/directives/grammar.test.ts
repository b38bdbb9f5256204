import {describe, expect, test} from 'vitest';
import {findRefused} from '../../../src/scheduler/directives/command-line.ts';
import {readDirectives} from '../../../src/scheduler/directives/read-directives.ts';
import answers from '../fixtures/qsub-directives.json' with {type: 'json'};

/** What only a server knows, or a host name, or the environment of the moment: qsub refuses it, and no grammar can. */
const UNKNOWABLE =
  /Unknown resource|Unknown queue|Unknown Host|Bad [UG]ID|DISPLAY not set|Error \(15002\)|Undefined attribute|Array job exceeds/;
/** Of `-I` and `-J` stage has its own words. */
const TOLD_BY_STAGE = /must be a terminal|interactive and array job/;
/** The name of a host in an output path does not resolve: that is asked of PBS by another check. */
const HOST = /^#PBS -([oe]|W Error_Path=) ?(a|x|nohost|nosuch\.host\.example|localhost\.localdomain):/;
const BEYOND = new Map([
  ["#PBS -v A='x,y'", 'a variable y may be set'],
  ['#PBS -v A="b,c"', 'a variable c may be set'],
  ['#PBS -v A=b\\,c', 'a variable c may be set'],
  ['#PBS -v A', 'a variable A may be set'],
  ['#PBS -v NOPE', 'a variable NOPE may be set'],
  ['#PBS -v NOPE\n#PBS -v A=b', 'a variable NOPE may be set'],
  ['#PBS -v A=b\n#PBS -v NOPE', 'a variable NOPE may be set'],
  ['#PBS -N --', 'qsub takes the end of options for a name, and says so itself'],
  ['#PBS -W depend=afterok:1.nowhere.example', 'the name of a host'],
  ['#PBS -W depend=afterok:1.2.3', 'the name of a host'],
  ['#PBS -a 196901010000', 'a time before 1970'],
  ['#PBS -l mem=99999999999999999999gb', 'a number of more than 63 bits'],
  ['#PBS -l mem=99999999999999999999', 'a number of more than 63 bits'],
  ['#PBS -l walltime=18446744073709551616', 'a number of more than 63 bits'],
  ['#PBS -l preempt_targets=Resource_List.ncpus=x', 'a server looks at the amounts in it'],
  ['#PBS -l preempt_targets=Resource_List.walltime=x', 'a server looks at the amounts in it'],
  ['#PBS -W Block=yes', 'a name in other capitals'],
  ['#PBS -W Execution_Time=x', 'not in the manual of qsub'],
  ['#PBS -W Hold_Types=x', 'not in the manual of qsub'],
  ['#PBS -W Rerunable=x', 'not in the manual of qsub'],
  ['#PBS -W forward_x11_port=x', 'not in the manual of qsub'],
]);
const isBeyond = ({lines, stderr}: {lines: string; stderr: string}) =>
  UNKNOWABLE.test(stderr) || TOLD_BY_STAGE.test(stderr) || HOST.test(lines) || BEYOND.has(lines);

const refusedOf = (lines: string) =>
  findRefused(readDirectives(`#!/bin/bash\n${lines}\necho x\n`), {resources: {}}, {array: false}).filter(
    ({by}) => by !== 'stage',
  );

// Each script was submitted by qsub of OpenPBS 23.06.06, as an ordinary user, with -f -h on the command line.
describe('the grammar of directives is that of qsub', () => {
  const taken = answers.filter(({exitCode}) => exitCode === 0);
  const refused = answers.filter(({exitCode}) => exitCode !== 0);

  test.each(taken)('$lines is accepted', ({lines}) => {
    expect(refusedOf(lines)).toEqual([]);
  });

  test.each(refused.filter((each) => !isBeyond(each)))('$lines is refused', ({lines}) => {
    expect(refusedOf(lines)).not.toEqual([]);
  });

  test('what is left to the server is that alone', () => {
    const missed = refused.filter(({lines}) => refusedOf(lines).length === 0);
    expect(missed.filter((each) => !isBeyond(each))).toEqual([]);
    expect([...BEYOND.keys()].filter((lines) => !missed.some((each) => each.lines === lines))).toEqual([]);
  });
});

describe('a refusal says the line, the words of qsub, and what to write', () => {
  test.each([
    ['#PBS -t 1-10', /"-t" is no option of qsub.*write array:/],
    ['#PBS -d .', /"-d" is no option.*cd DIRECTORY/],
    ['#PBS -T necmpi', /NQSV/],
    ['#PBS --group=abc', /-W group_list/],
    ['#PBS -P ', /-P has no value.*option requires an argument/],
    ['#PBS -V # take everything along', /"# take everything along" is too much.*no comment/],
    ['#PBS -v RUN=ref, YMD=20240605', /"YMD=20240605" is too much.*no blank may stand in a list/],
    ['#PBS -h u', /-h takes no value/],
    ['#PBS -N run.2020/sim', /"illegal -N value".*1 to 230/],
    ['#PBS -l walltime=30:00:00:00', /"Illegal attribute or resource value Resource_List.walltime".*HH:MM:SS/],
    ['#PBS -l select=1:ncpus=1:walltime=10', /walltime does not belong in "select"/],
    ['#PBS -l select=1 -l ncpus=2', /within "select"/],
    ['#PBS -l nodes=1:ppn=2 -l select=1', /exclude each other/],
    ['#PBS -q a,b', /one queue, and no list/],
    ['#PBS -N "open', /unmatched "/],
    ['#PBS -o a_b:c', /name of a host/],
    ['#PBS -l select=0', /one chunk at least/],
    ['#PBS -l nodes=1:ppn=banana', /COUNT\[:ppn=N\]/],
    ['#PBS -l max_walltime=2:00', /Cannot have "max_walltime" without "min_walltime"/],
    ['#PBS -l min_walltime=2:00,max_walltime=1:00', /"min_walltime" can not be greater/],
    ['#PBS -l soft_walltime=1:00', /read only or insufficient permission.*no job may ask for it/],
    ['#PBS -c c=0', /c=MINUTES/],
    ['#PBS -W depend=on:x', /on:COUNT/],
    ['#PBS -W max_run_subjobs=2', /without a job array/],
    ['#PBS -W Job_Name=a/b', /illegal -N value/],
    ['#PBS -W queue=x', /PBS itself sets it/],
  ])('%s', (lines, words) => {
    expect(refusedOf(lines)).toMatchObject([{line: 2, what: expect.stringMatching(words)}]);
  });
});

describe('of what stands several times qsub reads', () => {
  test('the last -N and -q alone', () => {
    expect(refusedOf('#PBS -N a/b -q a,b\n#PBS -N a -q b')).toEqual([]);
    expect(refusedOf('#PBS -N a\n#PBS -N a/b')).toHaveLength(1);
  });

  test('of the resources the first of each name', () => {
    expect(refusedOf('#PBS -l walltime=5\n#PBS -l walltime=x')).toEqual([]);
    expect(refusedOf('#PBS -l walltime=x\n#PBS -l walltime=5')).toHaveLength(1);
  });

  test('and every value of the others', () => {
    expect(refusedOf('#PBS -p x\n#PBS -p 5')).toHaveLength(1);
    expect(refusedOf('#PBS -W umask=x\n#PBS -W umask=022')).toHaveLength(1);
  });
});

describe('what the command line of qsub takes the place of', () => {
  const script = readDirectives('#PBS -N a/b -q x,y\n#PBS -l walltime=1d\n#PBS -l select=1:ncpus=4\n');

  test('is no mistake any more', () => {
    expect(findRefused(script, {jobName: 'a', queue: 'x', resources: {walltime: '1:00'}}, {array: false})).toEqual([]);
    expect(findRefused(script, {resources: {}}, {array: false}).map(({line}) => line)).toEqual([1, 1, 2]);
  });

  test('may not go with the rest: the line of "select" is told', () => {
    const said = {jobName: 'a', queue: 'x', resources: {walltime: '1:00', mem: '4gb'}};
    expect(findRefused(script, said, {array: false})).toMatchObject([{line: 3, what: expect.stringContaining('mem')}]);
  });

  test('is itself read by the grammar', () => {
    const refused = findRefused(readDirectives(''), {resources: {select: 'banana'}}, {array: false});
    expect(refused).toMatchObject([{line: undefined, what: expect.stringContaining('select: banana')}]);
  });

  test('an array takes neither "-r n", nor does a single job take mail for subjobs', () => {
    expect(findRefused(readDirectives('#PBS -r n'), {resources: {}}, {array: true})).toHaveLength(1);
    expect(findRefused(readDirectives('#PBS -m aj'), {resources: {}}, {array: true})).toEqual([]);
    expect(findRefused(readDirectives('#PBS -m aj'), {resources: {}}, {array: false})).toHaveLength(1);
  });
});
