import {Args, Flags} from '@oclif/core';
import type {JobReport} from '../../src/app/jobs/job.ts';
import {waitForJobs} from '../../src/app/jobs/job-wait.ts';
import {renderJobs} from '../../src/app/jobs/render-jobs.ts';
import {shown} from '../../src/base/visible.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class JobWait extends StageCommand {
  static override summary = 'Wait until PBS jobs have ended.';
  static override description =
    `Exit code 0 when all succeeded, 1 when one failed or was deleted, 4 when the time ran out or PBS stayed away,
2 when PBS does not know one and no marker records how it ended. An outage of PBS is waited through.`;
  static override examples = [
    '<%= config.bin %> job wait "$job" --timeout 3600',
    'if <%= config.bin %> job wait compute-2026; then echo done; fi',
  ];
  static override strict = false;
  static override args = {
    job: Args.string({required: true, description: 'job id, or name of a submission (may be repeated)'}),
  };
  static override flags = {
    timeout: Flags.integer({min: 0, description: 'maximum number of seconds to wait', helpValue: 'SECONDS'}),
  };

  async run(): Promise<JobReport> {
    const {argv, flags} = await this.parse(JobWait);
    let last = '';
    const stage = await this.connect(flags.profile);
    const report = await waitForJobs(stage, argv.map(String), flags.timeout, (look) => {
      const text = renderJobs(shown(look.jobs));
      if (text !== last) this.note(...text.split('\n'));
      last = text;
    });
    process.exitCode = report.exit;
    await this.say(report.jobs, renderJobs);
    return report;
  }
}
