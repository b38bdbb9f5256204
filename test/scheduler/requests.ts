import type {JobRequest} from '../../src/scheduler/scheduler.ts';

/** The smallest request there is, with changes. */
export function aRequest(change: Partial<JobRequest> = {}): JobRequest {
  return {
    script: '/home/alice/job.sh',
    workdir: '/home/alice',
    tag: 's-1',
    userVariables: [],
    hold: false,
    dependencies: [],
    resources: {},
    joinOutput: false,
    noMail: false,
    extraArgs: [],
    ...change,
  };
}
