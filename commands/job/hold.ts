import {Args} from '@oclif/core';
import {type ChangeReport, changeJobs} from '../../src/app/jobs/job.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class JobHold extends StageCommand {
  static override summary = 'Put a user hold on PBS jobs.';
  static override description =
    'A running job continues: PBS holds it only if it is requeued. A job that no longer exists is ignored.';
  static override examples = [
    '<%= config.bin %> job hold "$job"',
    '<%= config.bin %> job hold compute-2026 clean-2026',
  ];
  static override strict = false;
  static override args = {
    job: Args.string({required: true, description: 'job id, or name of a submission (may be repeated)'}),
  };

  async run(): Promise<ChangeReport> {
    const {argv, flags} = await this.parse(JobHold);
    const report = await changeJobs(await this.connect(flags.profile), 'hold', argv.map(String));
    await this.say(report, ({jobs}) => jobs.join('\n'));
    return report;
  }
}
