import {writeFileSync} from 'node:fs';
import {basename} from 'node:path';
import {variablesBeside} from '../../batch-scripts/passed-environment.ts';
import {sha256} from '../../batch-scripts/recorded-script.ts';
import {readerOf, topShell} from '../../batch-scripts/script-reader.ts';
import {assign, writeScript} from '../../batch-scripts/template.ts';
import type {JobDefaults} from '../../config/profile.ts';
import {qsubCommandLine} from '../../scheduler/directives/command-line.ts';
import {readDirectives} from '../../scheduler/directives/read-directives.ts';
import type {Dependency, JobRequest} from '../../scheduler/scheduler.ts';
import {workingDirectory} from '../shared/working-directory.ts';
import {ownVariables} from './job-script.ts';
import type {SubmitRequest} from './submit-request.ts';

/** What one try at submitting a named job is made of. */
export interface JobParts {
  readonly request: SubmitRequest;
  /** the script, byte for byte */
  readonly content: Buffer;
  readonly dependencies: readonly Dependency[];
  readonly tag: string;
  /** what the names of its files begin with */
  readonly prefix: string;
  /** of the profile */
  readonly compute: JobDefaults;
  /** of the person's environment, what was kept when this job was first asked for */
  readonly environment: Readonly<Record<string, string>> | undefined;
}

/** Write the script and its wrapper. @returns how qsub is to be asked. Flags win over the script, and the profile's defaults are for what neither says. */
export function jobRequest({request, content, dependencies, tag, prefix, compute, environment}: JobParts): JobRequest {
  const text = content.toString();
  const directives = readDirectives(text);
  writeFileSync(`${prefix}.script`, content, {mode: 0o700});
  const reader = readerOf(text, directives);
  const values = {
    STAGE_OWNER: '',
    STAGE_MARKERS: prefix,
    STAGE_SCRIPT: `${prefix}.script`,
    STAGE_SHA256: sha256(content),
    ...reader.values,
  };
  writeScript(`${prefix}.sh`, 'batch-job.sh', {
    ...reader.head,
    '#@DIRECTIVES': directives.lines,
    '#@VALUES': assign(values),
  });
  const said = qsubCommandLine(directives, request, compute);
  const optional = {
    name: request.jobName ?? (directives.jobName ? undefined : basename(request.script)),
    queue: said.queue,
    account: said.account,
    project: said.project,
    array: request.array,
  };
  return {
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<JobRequest>),
    script: `${prefix}.sh`,
    workdir: workingDirectory(),
    tag,
    userVariables: [...variablesBeside(directives, ownVariables(request)), ...request.variables],
    environment,
    hold: request.hold,
    dependencies,
    ownDependencies: directives.depend,
    resources: said.resources,
    joinOutput: false,
    noMail: false,
    extraArgs: [...topShell(directives), ...compute.extraArgs, ...request.extra],
  };
}
