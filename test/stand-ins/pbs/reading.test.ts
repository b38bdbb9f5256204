import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {indicesIn, readArrayRange, showIndices} from '../../../src/stand-ins/pbs/language/array-range.ts';
import {instantOf, longDate, readStartTime, wallClock} from '../../../src/stand-ins/pbs/language/dates.ts';
import {readDepend, showDepend} from '../../../src/stand-ins/pbs/language/depend.ts';
import {readDirectives} from '../../../src/stand-ins/pbs/language/directives.ts';
import {addSizes, readDuration, showDuration} from '../../../src/stand-ins/pbs/language/durations.ts';
import {readJobId} from '../../../src/stand-ins/pbs/language/job-id.ts';
import {readAttributes} from '../../../src/stand-ins/pbs/language/option-values.ts';
import {readArguments} from '../../../src/stand-ins/pbs/language/options.ts';
import {resourceList, splitResources} from '../../../src/stand-ins/pbs/language/resources.ts';
import {readProcStat} from '../../../src/stand-ins/pbs/server/processes/sessions.ts';
import {readEntityLimits} from '../../../src/stand-ins/pbs/server/queues/limits.ts';

const names = {server: 'pbs-sn1', aliases: ['localhost']};

describe('options', () => {
  test('options and operands may be mixed, bundled and attached', () => {
    const given = readArguments(['-hzNx', 'script', '-l', 'ncpus=2', '--', '-h'], 'hzN:l:');
    expect(given.options.map(({letter, value}) => letter + value)).toEqual(['h', 'z', 'Nx', 'lncpus=2']);
    expect(given.operands).toEqual(['script', '-h']);
    expect(given.dashes).toBe(true);
  });
  test('unknown options and missing arguments are complained about in the words of getopt', () => {
    expect(readArguments(['-Q', '-u'], 'u:').complaints).toEqual([
      "invalid option -- 'Q'",
      "option requires an argument -- 'u'",
    ]);
  });
});

describe('job ids', () => {
  test.each([
    ['12', '12.pbs-sn1'],
    ['12.PBS-SN1', '12.pbs-sn1'],
    ['12@pbs-sn1', '12.pbs-sn1'],
    ['012', '012.pbs-sn1'],
    ['12[]', '12[].pbs-sn1'],
    ['12[3].pbs-sn1', '12[3].pbs-sn1'],
  ])('%s is %s', (text, id) => {
    expect(readJobId(text, names)).toMatchObject({kind: 'id', id});
  });
  test.each(['12.', '12.other', 'x12', '', '12.pbs-sn1.example', '1,2'])('%j is no id', (text) => {
    expect(readJobId(text, names)).toEqual({kind: 'malformed'});
  });
});

describe('start times', () => {
  const now = Date.UTC(2026, 10, 21, 6, 26, 43);
  const at = (text: string): string | undefined => {
    const read = readStartTime(text, now, 'UTC');
    return read === undefined ? undefined : longDate(read, 'UTC');
  };
  test.each([
    ['202611210726.43', 'Sat Nov 21 07:26:43 2026'],
    ['2611210726', 'Sat Nov 21 07:26:00 2026'],
    ['0726', 'Sat Nov 21 07:26:00 2026'],
    ['0726.47', 'Sat Nov 21 07:26:47 2026'],
    ['0526', 'Sun Nov 22 05:26:00 2026'],
    ['0626', 'Sun Nov 22 06:26:00 2026'],
    ['200626', 'Sun Dec 20 06:26:00 2026'],
    ['10120626', 'Tue Oct 12 06:26:00 2027'],
    ['202602301200', 'Mon Mar  2 12:00:00 2026'],
    ['999912312359', 'Fri Dec 31 23:59:00 9999'],
  ])('%s is %s', (text, shown) => expect(at(text)).toBe(shown));
  test.each([
    '1',
    'abc',
    '202613011200',
    '202611212500',
    '202611211260',
    '202611211200.60',
    '202611211200.5',
    '',
    '+60',
    '2026-11-21T12:00:00',
    '1795240000',
  ])('%j is refused', (text) => expect(at(text)).toBeUndefined());
  test('a clock in another zone is read in that zone', () => {
    expect(readStartTime('202611211626', now, 'Asia/Tokyo')).toBe(Date.UTC(2026, 10, 21, 7, 26));
  });
  test('every instant can be read back from the clock on the wall', () => {
    const zone = fc.constantFrom('UTC', 'Asia/Tokyo', 'Asia/Kolkata', 'Pacific/Chatham');
    fc.assert(
      fc.property(fc.integer({min: 0, max: 4e9}), zone, (second, tz) => {
        expect(instantOf(wallClock(second * 1000, tz), tz)).toBe(second * 1000);
      }),
    );
  });
});

describe('depend', () => {
  test.each([
    ['afterok:1', 'afterok:1.pbs-sn1@pbs-sn1'],
    [
      ' afterok:1.PBS-SN1:2@pbs-sn1,afternotok:3',
      'afterok:1.pbs-sn1@pbs-sn1:2.pbs-sn1@pbs-sn1,afternotok:3.pbs-sn1@pbs-sn1',
    ],
    ['afterok:1,afterok:2', 'afterok:1.pbs-sn1@pbs-sn1:2.pbs-sn1@pbs-sn1'],
    ['afterok:1:1', 'afterok:1.pbs-sn1@pbs-sn1:1.pbs-sn1@pbs-sn1'],
    ['on:2', 'on:2'],
    ['afterany:7[]', 'afterany:7[].pbs-sn1@pbs-sn1'],
  ])('%s is shown as %s', (text, shown) => {
    const read = readDepend(text, names);
    expect(read.kind === 'groups' && showDepend(read.groups, 'pbs-sn1')).toBe(shown);
  });
  test.each([
    ['afterok', 'illegal'],
    ['afterok:', 'illegal'],
    ['foo:1', 'illegal'],
    ['AFTEROK:1', 'illegal'],
    ['afterok:1.2.3', 'illegal'],
    ['afterok:1,', 'illegal'],
    ['afterok::1', 'illegal'],
    ['afterok : 1', 'illegal'],
    ['afterok:12[1]', 'illegal'],
    ['', 'illegal'],
    [',afterok:1', 'fault'],
    ['on:0', 'fault'],
    ['on:1:2', 'fault'],
    ['synccount:2', 'fault'],
    ['afterok:9@nosuchhost', 'vanishes'],
  ])('%j: %s', (text, kind) => expect(readDepend(text, names).kind).toBe(kind));
  test('a list of dependencies may be followed by another attribute', () => {
    expect(readAttributes('depend=afterok:1:2,afterany:3,umask=027')).toEqual([
      {name: 'depend', value: 'afterok:1:2,afterany:3'},
      {name: 'umask', value: '027'},
    ]);
    expect(readAttributes('depend=""')).toEqual([{name: 'depend', value: ''}]);
    expect(readAttributes('depend=')).toBeUndefined();
    expect(readAttributes('depend')).toBeUndefined();
  });
});

test('directives end at the first executable line; a backslash joins lines and quotes protect blanks', () => {
  const script =
    '#!/bin/sh\n#PBS -N a -l walltime=5 \\\n#PBS -A cont\n\n# comment\n#PBS -o "my out.txt"\necho\n#PBS -N late\n';
  expect(readDirectives(script, '#PBS')).toEqual([
    ['-N', 'a', '-l', 'walltime=5', '#PBS', '-A', 'cont'],
    ['-o', 'my out.txt'],
  ]);
  expect(readDirectives(script, '')).toEqual([]);
});

test.each([
  ['a byte order mark', '\ufeff#!/bin/sh\n#PBS -N late\n', []],
  ['a byte order mark before a directive', '\ufeff#PBS -N late\n#PBS -N later\n', []],
  ['a blank that is none to C', '\u00a0#PBS -N late\n', []],
  ['a vertical tab', '\v#PBS -N early\n', [['-N', 'early']]],
])('%s is told from what may stand before a directive, as qsub tells it', (_, script, found) => {
  expect(readDirectives(script, '#PBS')).toEqual(found);
});

describe('resources', () => {
  const list = (...texts: string[]): Record<string, string> =>
    resourceList(texts.flatMap(splitResources), {ncpus: '1'}, {});
  test('a bare job has one processor, packed', () => {
    expect(list()).toEqual({ncpus: '1', nodect: '1', place: 'pack', select: '1:ncpus=1'});
  });
  test('a select is added up', () => {
    expect(list('select=2:ncpus=2:mem=1gb', 'place=free,walltime=90')).toEqual({
      mem: '2gb',
      ncpus: '4',
      nodect: '2',
      place: 'free',
      select: '2:ncpus=2:mem=1gb',
      walltime: '00:01:30',
    });
  });
  test('nodes become a select', () => {
    expect(list('nodes=2:ppn=2').select).toBe('2:ncpus=2:mpiprocs=2');
    const onHost = (nodes: string) => resourceList(splitResources(`nodes=${nodes}`), {}, {}, 'n1').select;
    expect([onHost('n1'), onHost('2:ppn=4')]).toEqual(['1:ncpus=1:host=n1', '2:ncpus=4:mpiprocs=4']);
    expect(() => onHost('n2')).toThrow('Unknown resource: n2');
  });
  test.each([
    ['nosuch=1', 'Unknown resource Resource_List.nosuch'],
    ['select=1:nosuch=1', 'Unknown resource: nosuch'],
    ['walltime=abc', 'Illegal attribute or resource value Resource_List.walltime'],
    ['walltime=1:2:3:4', 'Illegal attribute or resource value Resource_List.walltime'],
    ['mem=1zb', 'Illegal attribute or resource value Resource_List.mem'],
    ['place=scatter', 'Cannot have "place" without "select"'],
    ['select=1:ncpus=1,ncpus=2', '"-lresource=" cannot be used with "select" or "place", resource is: ncpus'],
    ['nodes=1,select=1', 'Cannot be used with select or place: nodes'],
    ['select=1,nodes=1:ppn=2', 'Cannot be used with select or place: nodes'],
    ['nodes=1,place=pack', 'Cannot be used with select or place: nodes'],
    ['select=1:walltime=10', 'Resource invalid in "select" specification: walltime'],
  ])('-l %s: %s', (text, message) => expect(() => list(text)).toThrow(message));
  test('sizes add up without rounding', () => {
    expect(
      addSizes([
        {amount: 1, unit: 'gb'},
        {amount: 10, unit: 'mb'},
      ]),
    ).toBe('1034mb');
  });
});

test('durations survive being shown and read', () => {
  fc.assert(
    fc.property(fc.nat(9_999_999), (seconds) => {
      expect(readDuration(showDuration(seconds))).toBe(seconds);
    }),
  );
});

test('indices left of an array can be read back', () => {
  const some = fc
    .uniqueArray(fc.integer({min: 0, max: 30}), {minLength: 1, maxLength: 12})
    .map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(some, (indices) => {
      expect(indicesIn(showIndices(indices, '0-30'))).toEqual(indices);
    }),
  );
  expect(showIndices([1, 3, 5], '1-6:2')).toBe('1-6:2');
  expect(showIndices([], '0-3')).toBe('-');
});

test.each(['5', '0-', '3-1', '1-1', '0-3:0', 'a-b', '-1-3', '1-3,5-6', ''])('%j is no range of an array', (text) => {
  expect(readArrayRange(text)).toBeUndefined();
});

test('limits of several entities stand in one text', () => {
  expect(readEntityLimits('[u:PBS_GENERIC=2], [o:PBS_ALL=10]')).toEqual([
    {kind: 'u', name: 'PBS_GENERIC', most: 2},
    {kind: 'o', name: 'PBS_ALL', most: 10},
  ]);
});

test('a process may be called anything', () => {
  const line = '42 (a) R 1 (b) S 7 42 99 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 12345 1 2';
  expect(readProcStat(line)).toEqual({pid: 42, state: 'S', session: 99, birth: '12345'});
});
