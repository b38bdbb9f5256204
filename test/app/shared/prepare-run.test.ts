import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {prepareWorkflow} from '../../../src/app/shared/prepare-run.ts';
import {fakeStage} from '../../support/fake-stage.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stage-prepare-'));
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

async function prepared(head: string) {
  const script = join(directory, 's.sh');
  writeFileSync(script, `#!/bin/sh\n${head}\ntrue\n`);
  const flags = {stageIn: [], job: [script], stageOut: [], resources: {}};
  const {workflow} = await prepareWorkflow(fakeStage(directory), {params: {}, flags, name: 'r'}, {offline: true});
  return workflow.steps.map((step) => (step.kind === 'job' ? step.onInterrupted : undefined));
}

test('a script with "#PBS -r n" is never run twice: its step fails when it is interrupted', async () => {
  expect(await prepared('#PBS -r n')).toEqual(['fail']);
});

test('one that says nothing, or -r y, is run again', async () => {
  expect(await prepared('')).toEqual([undefined]);
  expect(await prepared('#PBS -r n\n#PBS -r y')).toEqual([undefined]);
});
