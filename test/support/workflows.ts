import {mkdirSync} from 'node:fs';
import type {World} from './world.ts';

export interface Classic {
  /** the workflow file */
  readonly file: string;
  /** each execution of the compute script appends a line here */
  readonly computed: string;
  /** each execution of the cleanup script appends a line here */
  readonly cleaned: string;
}

/**
 * Stage in, compute, stage out, clean up after a failure: every directory bears the run's name, so that tests share a world.
 *
 * @param body shell lines of the compute script, after the line that counts its executions
 */
export function classic(
  world: World,
  name: string,
  {files = 3, body = '', source = 'archive', jobKeys = ''} = {},
): Classic {
  const computed = `${world.work}/${name}.computed`;
  const cleaned = `${world.work}/${name}.cleaned`;
  const staged = world.path('cluster', `${name}/in`);
  const results = world.path('cluster', `${name}/out`);
  if (files > 0) world.writeTree(world.path(source, `${name}/in`), files);
  mkdirSync(results, {recursive: true});
  world.write(
    `${name}.compute.sh`,
    `#!/bin/sh\necho "$STAGE_ATTEMPT" >> ${computed}\n${body || `cp -R ${staged}/. ${results}/`}\n`,
  );
  world.write(`${name}.cleanup.sh`, `#!/bin/sh\necho cleaned >> ${cleaned}\n`);
  const file = world.write(
    `${name}.yaml`,
    `name: ${name}
steps:
  stage-in:
    transfer: {from: "${source}:/${name}/in/", to: "cluster:/${name}/in/"}
  compute:
    needs: [stage-in]
    job: {script: ${name}.compute.sh${jobKeys ? `, ${jobKeys}` : ''}}
  stage-out:
    needs: [compute]
    transfer: {from: "cluster:/${name}/out/", to: "archive:/${name}/out/"}
  cleanup:
    on_failure_of: [stage-in, compute]
    job: {script: ${name}.cleanup.sh}
`,
  );
  return {file, computed, cleaned};
}

/** A classic run whose stage-in is paused, at a collection of its own: its compute job waits for data. */
export async function pausedRun(world: World, name: string): Promise<Classic> {
  await world.collection(name);
  const made = classic(world, name, {source: name});
  await world.stage('local', 'pause', name);
  await world.stage('run', made.file);
  return made;
}
