import {Args, Flags} from '@oclif/core';
import type {WorkflowRequest} from '../app/shared/prepare-run.ts';
import {RequestWrong} from '../errors.ts';

/** What names a workflow on a command line; the same for `run` and `check`. */
export const workflowArgs = {
  workflow: Args.string({
    ignoreStdin: true,
    description: 'workflow file (YAML); leave it out to give the steps as flags',
  }),
};

export const workflowFlags = {
  name: Flags.string({description: "name of the run [default: the workflow's name]"}),
  param: Flags.string({
    multiple: true,
    description: 'value of a parameter of the workflow file (may be repeated)',
    helpValue: 'KEY=VALUE',
  }),
  'stage-in': Flags.string({
    multiple: true,
    description: 'transfer before the jobs (may be repeated)',
    helpValue: 'FROM=TO',
    helpGroup: 'WORKFLOW WITHOUT A FILE',
  }),
  job: Flags.string({
    multiple: true,
    description: 'batch script to run when all data has been staged in (may be repeated)',
    helpValue: 'SCRIPT',
    helpGroup: 'WORKFLOW WITHOUT A FILE',
  }),
  'stage-out': Flags.string({
    multiple: true,
    description: 'transfer when the jobs have succeeded (may be repeated)',
    helpValue: 'FROM=TO',
    helpGroup: 'WORKFLOW WITHOUT A FILE',
  }),
  cleanup: Flags.string({
    description: 'batch script to run when a stage-in or a job has failed',
    helpValue: 'SCRIPT',
    helpGroup: 'WORKFLOW WITHOUT A FILE',
  }),
  queue: Flags.string({char: 'q', description: 'queue of the jobs', helpGroup: 'WORKFLOW WITHOUT A FILE'}),
  account: Flags.string({char: 'A', description: 'account of the jobs', helpGroup: 'WORKFLOW WITHOUT A FILE'}),
  project: Flags.string({char: 'P', description: 'project of the jobs', helpGroup: 'WORKFLOW WITHOUT A FILE'}),
  resource: Flags.string({
    char: 'l',
    multiple: true,
    description: 'resource of the jobs, as for qsub -l (may be repeated)',
    helpValue: 'KEY=VALUE',
    helpGroup: 'WORKFLOW WITHOUT A FILE',
  }),
  array: Flags.string({
    description: 'make each --job a job array with these indices, as for qsub -J',
    helpValue: 'RANGE',
    helpGroup: 'WORKFLOW WITHOUT A FILE',
  }),
  retries: Flags.integer({
    description: 'how often a failed transfer or job is retried',
    helpValue: 'N',
    helpGroup: 'WORKFLOW WITHOUT A FILE',
  }),
};

interface WorkflowFlagValues {
  readonly name?: string;
  readonly param?: readonly string[];
  readonly 'stage-in'?: readonly string[];
  readonly job?: readonly string[];
  readonly 'stage-out'?: readonly string[];
  readonly cleanup?: string;
  readonly queue?: string;
  readonly account?: string;
  readonly project?: string;
  readonly resource?: readonly string[];
  readonly array?: string;
  readonly retries?: number;
}

/** @throws {RequestWrong} for a KEY=VALUE without "=", or a key given twice */
export function workflowRequest(file: string | undefined, flags: WorkflowFlagValues): WorkflowRequest {
  return {
    file,
    name: flags.name,
    params: pairs('--param', flags.param ?? []),
    flags: {
      stageIn: flags['stage-in'] ?? [],
      job: flags.job ?? [],
      stageOut: flags['stage-out'] ?? [],
      cleanup: flags.cleanup,
      queue: flags.queue,
      account: flags.account,
      project: flags.project,
      array: flags.array,
      retries: flags.retries,
      resources: pairs('--resource', flags.resource ?? []),
    },
  };
}

function pairs(flag: string, texts: readonly string[]): Record<string, string> {
  const read: Record<string, string> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1)
      throw new RequestWrong(`${flag} ${text} is not KEY=VALUE`, {
        next: [`Write it as ${flag} KEY=VALUE.`],
      });
    const key = text.slice(0, at);
    if (Object.hasOwn(read, key)) throw new RequestWrong(`${flag}: ${key} is given twice`);
    read[key] = text.slice(at + 1);
  }
  return read;
}
