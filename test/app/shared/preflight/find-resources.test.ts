import {expect, test} from 'vitest';
import {findResources, type Known} from '../../../../src/app/shared/preflight/find-resources.ts';
import {readHosts, readQueueElsewhere, readResources} from '../../../../src/scheduler/pbs/read-what-there-is.ts';
import {answer} from '../../../scheduler/recorded.ts';

/** As OpenPBS 23.06.06 printed it, shortened. */
const PBSNODES = JSON.stringify({
  nodes: {
    'n1[0]': {resources_available: {host: 'n1', ncpus: 32, mem: '64gb', ngpus: 4}},
    'n1[1]': {resources_available: {host: 'n1', ncpus: 32, mem: '64gb', ngpus: '@n1[0]'}},
    n2: {resources_available: {host: 'n2', ncpus: 8, mem: '16gb', ngpus: 0}},
  },
});
const QMGR =
  'Resource ngpus\n    type = long\n    flag = nh\n\nResource filesystems\n    type = string\n\nResource scratch\n    type = size\n    flag = m\n\n';

const known: Known = {
  server: {name: 'pbs', historyKept: true, resourcesDefault: {project_class: 'a'}},
  queues: [],
  defined: readResources(answer({stdout: QMGR})),
  hosts: readHosts(answer({stdout: PBSNODES})),
};
const told = (resources: Record<string, string>, more: Partial<Known> = {}) =>
  findResources([{whose: {step: 'c'}, resources}], {...known, ...more}).map(({what, why}) => `${what}: ${why}`);

test('vnodes of one host are added up, unless one of them points to another', () => {
  expect(known.hosts).toEqual([
    {host: 'n1', resources: {ncpus: '64', mem: String(128 * 1024 ** 3)}},
    {host: 'n2', resources: {ncpus: '8', mem: String(16 * 1024 ** 3), ngpus: '0'}},
  ]);
});

test('and the text form is read as well', () => {
  const text =
    'n1\n     Mom = n1\n     resources_available.host = n1\n     resources_available.ncpus = 8\n     resources_available.mem = 16gb\n\n';
  expect(readHosts(answer({stdout: text}))).toEqual([
    {host: 'n1', resources: {ncpus: '8', mem: String(16 * 1024 ** 3)}},
  ]);
});

test.each([
  [{gpus_total: '4'}, /no resource "gpus_total".*Unknown resource.*ngpus, filesystems, scratch/],
  [{select: '1:ncpus=1:banana=2'}, /no resource "banana"/],
  [{select: '1:ncpus=999999'}, /no host has ncpus=999999.*can never run: the most that one has is 64/],
  [{ncpus: '65'}, /no host has ncpus=65/],
  [{select: '1:ncpus=8:mem=200gb'}, /no host has ncpus=8:mem=200gb.*none has all of it/],
  [{select: '3:ncpus=32'}, /all hosts together have less ncpus than 96.*they have 72/],
  [{select: '1:ncpus=1', ngpus: '1'}, /ngpus stands beside "select"/],
  [{select: '1:ncpus=1:scratch=1gb'}, /scratch stands within "select"/],
])('%j is told', (resources, words) => {
  expect(told(resources)).toEqual([expect.stringMatching(words)]);
});

test.each<Record<string, string>>([
  {select: '1:ncpus=64:mem=128gb'},
  {select: '2:ncpus=8:ngpus=4+1:ncpus=1', filesystems: 'home'},
  {ncpus: '64', walltime: '01:00:00', project_class: 'b', aoe: 'x'},
  {nodes: '4:ppn=99'},
])('%j is not doubted', (resources) => {
  expect(told(resources)).toEqual([]);
});

test('nothing is said of what could not be asked', () => {
  expect(told({select: '1:ncpus=999999:banana=2'}, {defined: undefined, hosts: undefined})).toEqual([]);
  expect(readResources(answer({exitCode: 1, stderr: 'qmgr: not found'}))).toBeUndefined();
  expect(readHosts(answer({stdout: PBSNODES.slice(0, 50)}))).toBeUndefined();
});

test.each([
  ['Unknown Host.\nqstat: cannot connect to server pbs (errno=15008)\n', 255, 'unknown-server'],
  ['Connection refused\nqstat: cannot connect to server pbs (errno=15010)\n', 255, 'no-answer'],
  ['qstat: Unknown queue normal@pbs2\n', 170, 'no-such-queue'],
  ['', 0, 'there'],
])('a server that is named with a queue: %j is %s', (stderr, exitCode, seen) => {
  expect(readQueueElsewhere(answer({stderr, exitCode}))).toBe(seen);
});
