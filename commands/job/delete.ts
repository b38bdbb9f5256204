import {Args} from '@oclif/core';
import {type ChangeReport, changeJobs} from '../../src/app/jobs/job.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class JobDelete extends StageCommand {
  static override summary = 'Delete PBS jobs.';
  static override description =
    'Jobs are deleted one by one, the newest first. A job that no longer exists is ignored. A running job takes some seconds to end.';
  static override examples = [
    '<%= config.bin %> job delete "$job"',
    '<%= config.bin %> job delete compute-2026 clean-2026',
  ];
  static override strict = false;
  static override args = {
    job: Args.string({required: true, description: 'job id, or name of a submission (may be repeated)'}),
  };

  async run(): Promise<ChangeReport> {
    const {argv, flags} = await this.parse(JobDelete);
    const report = await changeJobs(await this.connect(flags.profile), 'delete', argv.map(String));
    await this.say(report, ({jobs}) => jobs.join('\n'));
    return report;
  }
}
