import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {createJobFiles} from '../../src/batch-scripts/job-files.ts';
import {readConfig} from '../../src/config/read-config.ts';

// Real processes: the values of a script are what /bin/sh reads of them.

const here = {node: 'node', cli: 'stage', configFile: 'none', pbsDirectory: () => undefined};

test('staging jobs get their own queue and resources, the proxy, and the setup of the profile', () => {
  const directory = mkdtempSync(join(tmpdir(), 'stage-staging-'));
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}));
  const text = `profiles:
  site:
    account: climate
    resources: {filesystems: "home:eagle"}
    compute: {queue: prod}
    staging: {queue: copyq, node_property: dtn}
    setup: module load nodejs
    proxy: {https: "http://proxy.example.org:3128"}
`;
  const profile = readConfig(text, 'c').profiles.get('site');
  if (!profile) throw new Error('no profile');
  const callBack = {...here, stageHome: directory, monitorDirectory: directory, profile};
  const job = createJobFiles(callBack).forMonitor(1, 0, 's-monitor.1');
  expect(job).toMatchObject({
    queue: 'copyq',
    account: 'climate',
    resources: {filesystems: 'home:eagle', select: '1:ncpus=1:dtn=True', walltime: '00:05:00'},
  });
  const script = readFileSync(job.script, 'utf8');
  expect(script).toContain("export https_proxy='http://proxy.example.org:3128'\n");
  expect(script).toContain("export NO_PROXY='localhost,127.0.0.1,::1'\n");
  expect(script).toContain('\nmodule load nodejs\n');
});

test('staging jobs find the PBS commands where the submitting process has them on a PATH of their own, after what the node has', () => {
  const directory = mkdtempSync(join(tmpdir(), "stage-it's-"));
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}));
  const profile = readConfig('profiles: {site: {setup: "command -v qstat; command -v cat; exit 0"}}', 'c').profiles.get(
    'site',
  );
  if (!profile) throw new Error('no profile');
  for (const command of ['qstat', 'cat']) writeFileSync(join(directory, command), '#!/bin/sh\n', {mode: 0o755});
  const callBack = {...here, stageHome: directory, monitorDirectory: directory, profile};
  const {script} = createJobFiles({...callBack, pbsDirectory: () => directory}).forMonitor(1, 0, 's-monitor.1');
  const ran = spawnSync('/bin/sh', [script], {env: {PATH: '/usr/bin:/bin'}, encoding: 'utf8'});
  expect(ran.stdout.split('\n').slice(0, 2)).toEqual([
    join(directory, 'qstat'),
    expect.stringMatching(/^\/(usr\/)?bin\/cat$/),
  ]);
});
