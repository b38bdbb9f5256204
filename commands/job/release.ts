import {Args} from '@oclif/core';
import {type ChangeReport, changeJobs} from '../../src/app/jobs/job.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class JobRelease extends StageCommand {
  static override summary = 'End the user hold of PBS jobs.';
  static override description =
    'A job that is not held, or no longer exists, is ignored. A job that depends on others still waits for them.';
  static override examples = [
    '<%= config.bin %> job release "$job"',
    '<%= config.bin %> job release compute-2026 clean-2026',
  ];
  static override strict = false;
  static override args = {
    job: Args.string({required: true, description: 'job id, or name of a submission (may be repeated)'}),
  };

  async run(): Promise<ChangeReport> {
    const {argv, flags} = await this.parse(JobRelease);
    const report = await changeJobs(await this.connect(flags.profile), 'release', argv.map(String));
    await this.say(report, ({jobs}) => jobs.join('\n'));
    return report;
  }
}
