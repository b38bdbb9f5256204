import {Args, Flags} from '@oclif/core';
import {type JobReport, showJobs} from '../../src/app/jobs/job.ts';
import {renderJobs} from '../../src/app/jobs/render-jobs.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class JobShow extends StageCommand {
  static override summary = 'Show PBS jobs: one line each, with id, state and reason.';
  static override description =
    `Exit code 1 when one has failed, 4 when PBS could not be queried, 2 when PBS does not know one and no marker tells
how it ended, else 0. An array succeeds when each of its members has.`;
  static override examples = [
    '<%= config.bin %> job show 4.pbs compute-2026',
    'state=$(<%= config.bin %> job show "$job" --state)',
  ];
  static override strict = false;
  static override args = {
    job: Args.string({required: true, description: 'job id, or name of a submission (may be repeated)'}),
  };
  static override flags = {state: Flags.boolean({description: 'print only the state'})};

  async run(): Promise<JobReport> {
    const {argv, flags} = await this.parse(JobShow);
    const report = await showJobs(await this.connect(flags.profile), argv.map(String));
    process.exitCode = report.exit;
    await this.say(report, ({jobs}) => (flags.state ? jobs.map(({state}) => state).join('\n') : renderJobs(jobs)));
    return report;
  }
}
