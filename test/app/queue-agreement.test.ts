import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {checkWorkflowFile} from '../../src/app/check/check.ts';
import {runWorkflow} from '../../src/app/runs/run/run.ts';
import type {Finding} from '../../src/app/shared/findings.ts';
import type {WorkflowRequest} from '../../src/app/shared/prepare-run.ts';
import {examine} from '../../src/app/site/doctor.ts';
import {checkProfile} from '../../src/app/site/profile-check.ts';
import {StageError} from '../../src/errors.ts';
import {fakeStage, profileOf, siteOf} from '../support/fake-stage.ts';
import {QUEUE_SETUPS, type QueueSetup, siteSeen} from '../support/queue-setups.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stage-queues-'));
  writeFileSync(join(directory, 'job.sh'), '#!/bin/sh\n');
});
afterEach(() => rmSync(directory, {recursive: true, force: true}));

/** A profile whose jobs ask for what the set-up says, whatever asks for them; its staging jobs ask for nothing odd. */
function stageFor(setup: QueueSetup) {
  const {server, queues} = siteSeen(setup);
  const compute = JSON.stringify({queue: setup.queue, resources: setup.resources ?? {}});
  return fakeStage(directory, {
    profile: profileOf(`{transfer: local, compute: ${compute}, staging: {queue: staging}}`),
    site: siteOf(server, queues),
  });
}

function workflowOf({array}: QueueSetup): WorkflowRequest {
  const flags = {stageIn: [], stageOut: [], job: [join(directory, 'job.sh')], resources: {}};
  return {params: {}, name: 'r', flags: {...flags, array}};
}

interface Verdict {
  readonly exit: number;
  /** what bars the job, without who is told */
  readonly problems: readonly string[];
}

function verdictOf(findings: readonly Finding[], exit: number): Verdict {
  return {exit, problems: withoutWhose(findings.filter(({level}) => level === 'problem').map(({what}) => what))};
}

/** `compute: …`, `step job: …` */
function withoutWhose(texts: readonly string[]): string[] {
  return texts.map((text) => text.replace(/^(compute|staging|step \w+): /, ''));
}

async function verdictOfRun(setup: QueueSetup): Promise<Verdict> {
  try {
    await runWorkflow(stageFor(setup), {
      ...workflowOf(setup),
      again: false,
      update: false,
      adopt: [],
      check: true,
      confirmDelete: false,
    });
    return {exit: 0, problems: []};
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    expect(error.code).toBe('CHECK_FAILED');
    const {what} = /^(?<what>.*?: .*?): /.exec(error.details[0] ?? '')?.groups ?? {};
    return {exit: error.exit, problems: withoutWhose([what ?? ''])};
  }
}

describe('stage check, stage profile check, stage doctor and stage run judge alike', () => {
  test.each(QUEUE_SETUPS.map((setup) => [setup.name, setup] as const))('%s', async (_, setup) => {
    const checked = await checkWorkflowFile(stageFor(setup), {...workflowOf(setup), offline: false, probe: false});
    expect(withoutWhose(checked.findings.map(({what}) => what)).filter((what) => setup.says.test(what))).not.toEqual(
      [],
    );
    const verdict = verdictOf(checked.findings, checked.exit);
    expect(verdict.exit).toBe(setup.exit ?? 0);
    expect(await verdictOfRun(setup)).toEqual(verdict);
    if (setup.array !== undefined) return; // a profile speaks of no arrays
    const profile = await checkProfile(stageFor(setup));
    const doctor = await examine(stageFor(setup), {job: false, jobTimeoutSeconds: 1});
    expect(verdictOf(profile.findings, profile.exit)).toEqual(verdict);
    expect(verdictOf(doctor.findings, doctor.exit)).toEqual(verdict);
    for (const {findings} of [checked, profile, doctor])
      for (const finding of findings) if (finding.level !== 'ok') expect(finding.next).not.toEqual([]);
  });
});
