import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {createJobFiles} from '../../src/app/job-files.ts';
import {readConfig} from '../../src/config/read-config.ts';

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
  const callBack = {node: 'node', cli: 'stage.js', stageHome: directory, configFile: 'none', profile};
  const job = createJobFiles({...callBack, monitorDirectory: directory}).forMonitor(1, 0, 's-monitor.1');
  expect(job).toMatchObject({
    queue: 'copyq',
    account: 'climate',
    resources: {filesystems: 'home:eagle', select: '1:ncpus=1:dtn=True', walltime: '00:15:00'},
  });
  const script = readFileSync(job.script, 'utf8');
  expect(script).toContain("export https_proxy='http://proxy.example.org:3128'\n");
  expect(script).toContain("export NO_PROXY='localhost,127.0.0.1,::1'\n");
  expect(script).toContain('\nmodule load nodejs\n');
});
