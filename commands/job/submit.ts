import {Args, Flags} from '@oclif/core';
import {type SubmitReport, submitNamedJob} from '../../src/app/jobs/job-submit.ts';
import {readSubmitFlags} from '../../src/cli/job-flags.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class JobSubmit extends StageCommand {
  static override summary = 'Submit one batch script to PBS, and print its job id.';
  static override description =
    `With --name it is safe to repeat: the same name gives the same id, from any host and any number of times. If the
answer of qsub was lost, PBS is searched for the job before anything is submitted again. The #PBS lines of the script
apply; flags take precedence.
The profile adds its queue, account and resources for compute jobs.`;
  static override examples = [
    'job=$(<%= config.bin %> job submit compute.sh --name compute-2026 -l walltime=01:00:00)',
    'clean=$(<%= config.bin %> job submit clean.sh --name clean-2026 --afternotok "$job")',
    '<%= config.bin %> job submit members.sh --array 1-100:1%10 --hold',
  ];
  static override args = {script: Args.string({required: true, description: 'batch script'})};
  static override flags = {
    name: Flags.string({description: 'name of this submission, for repeating it and for other commands'}),
    again: Flags.boolean({dependsOn: ['name'], description: 'submit a new job under a name that is already in use'}),
    'job-name': Flags.string({description: 'name of the job at PBS [default: #PBS -N, else the name of the file]'}),
    queue: Flags.string({char: 'q', description: 'queue'}),
    account: Flags.string({char: 'A', description: 'account to charge'}),
    project: Flags.string({char: 'P', description: 'project'}),
    resource: Flags.string({
      char: 'l',
      multiple: true,
      description: 'NAME=VALUE (may be repeated)',
      helpValue: 'NAME=VALUE',
    }),
    variable: Flags.string({
      char: 'v',
      multiple: true,
      description: 'NAME=VALUE for the script’s environment (may be repeated); no comma, quote or backslash in it',
      helpValue: 'NAME=VALUE',
    }),
    hold: Flags.boolean({char: 'h', description: 'submit with a user hold; end it with "stage job release"'}),
    array: Flags.string({char: 'J', description: 'FIRST-LAST[:STEP][%AT-ONCE]'}),
    afterok: Flags.string({
      multiple: true,
      description: 'start when this job (id or name) has succeeded (may be repeated)',
    }),
    afternotok: Flags.string({multiple: true, description: 'start when it has failed (may be repeated)'}),
    afterany: Flags.string({multiple: true, description: 'start when it has ended (may be repeated)'}),
    extra: Flags.string({multiple: true, description: 'further qsub argument (may be repeated)'}),
  };

  async run(): Promise<SubmitReport> {
    const {args, flags} = await this.parse(JobSubmit);
    const report = await submitNamedJob(await this.connect(flags.profile), readSubmitFlags(args.script, flags));
    this.print(report, ({job}) => job);
    return report;
  }
}
