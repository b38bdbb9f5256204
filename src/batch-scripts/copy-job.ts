import {join} from 'node:path';
import type {CopyJob} from '../base/copy-job.ts';
import type {Profile} from '../config/profile.ts';
import type {JobRequest} from '../scheduler/scheduler.ts';
import {outputPath, whereOf} from './job-files.ts';
import {assign, writeScript} from './template.ts';

/** A password cannot be typed into a job; a host that falls silent is noticed. */
const SSH = 'ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=30 -o ServerAliveCountMax=4';

/** Write the script of a copy job, and say how it is submitted: as the other jobs of stage, with the walltime of one that waits. */
export function copyJob(profile: Profile, job: CopyJob, umask = process.umask()): JobRequest {
  const {directory, claim, tag, source, target} = job;
  const script = join(directory, `${claim}.sh`);
  const isElsewhere = source !== '' || target !== '';
  const ssh = profile.sshConfig === undefined ? SSH : `${SSH} -F ${profile.sshConfig}`;
  writeScript(script, 'copy.sh', {
    '#@VALUES': assign({
      STAGE_OWNER: '',
      STAGE_FACTS: directory,
      STAGE_CLAIM: claim,
      STAGE_SOURCE: source,
      STAGE_TARGET: target,
      STAGE_ITEMS: job.items,
      STAGE_OPTIONS: job.options.join(' '),
      STAGE_COMPARE: job.compare ? '1' : '0',
      STAGE_RESUME: job.resume ? '1' : '0',
      STAGE_SSH: isElsewhere ? ssh : '',
      STAGE_UMASK: umask.toString(8).padStart(4, '0'),
      STAGE_PAUSES: '5 20 60',
    }),
    '#@SETUP': profile.setup,
  });
  return {
    name: 'stage-copy',
    script,
    workdir: directory,
    tag,
    userVariables: [],
    hold: false,
    dependencies: [],
    ...whereOf(profile.staging),
    resources: {...profile.staging.resources, walltime: profile.waitWalltime},
    stdout: outputPath(join(directory, `${claim}.log`)),
    joinOutput: true,
    noMail: true,
    extraArgs: profile.staging.extraArgs,
  };
}
