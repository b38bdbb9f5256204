import {expect, test} from 'vitest';
import {askForOutputHosts} from '../../../../src/app/shared/preflight/ask-for-output-hosts.ts';
import type {Site} from '../../../../src/scheduler/site.ts';
import {jobStep, specOf} from '../../../support/a-run.ts';

/** @returns what is told of a script, and what PBS was asked about */
async function told(script: string): Promise<{found: string[]; asked: string[]}> {
  const asked: string[] = [];
  const site: Pick<Site, 'queueAt'> = {
    queueAt: async (destination) => {
      asked.push(destination);
      return destination === '@nohost' ? 'unknown-server' : 'no-answer';
    },
  };
  const {workflow} = specOf([jobStep('c')]);
  const prepared = {workflow, scripts: new Map([['c', new TextEncoder().encode(script)]])};
  // Of the others nothing is used.
  const found = await askForOutputHosts(
    site as Site,
    {...prepared, name: 'n', scriptHashes: {}, fingerprint: ''},
    'pbs',
  );
  return {found: found.map(({level, what, why}) => `${level} ${what}: ${why}`), asked};
}

test('a host of an output path that does not resolve is told with its line', async () => {
  const {found} = await told('#!/bin/sh\n#PBS -o nohost:/x\n#PBS -e other:/y\n');
  expect(found).toEqual([
    expect.stringMatching(/^problem step c: there is no host "nohost" \(.*:2\).*"illegal -o value"/),
  ]);
});

test('PBS is asked about each host once, and neither about its own nor about paths without one', async () => {
  const script = '#PBS -o PBS:/x -e localhost:/y\n#PBS -o nohost:/x -e nohost:/y\n#PBS -o /a/b:c -e :d\n';
  expect((await told(script)).asked).toEqual(['@nohost']);
});
