import {Flags} from '@oclif/core';
import {type DoctorReport, examine} from '../src/app/site/doctor.ts';
import {type ProbeAnswer, probeFromJob} from '../src/app/site/probe-job.ts';
import {renderDoctor} from '../src/app/site/render-site.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Doctor extends StageCommand {
  static override summary =
    'Check the profile, and test that the state directory, PBS and Globus do what stage relies on.';
  static override description =
    `Checks everything that "stage profile check" checks, and contacts Globus too. The state directory must support
exclusive creation, links, renames and flushing: this is tested with files that are removed again. With --job, a PBS job
tests that another node sees what this one writes, and that jobs of stage can sign in to Globus from there.`;
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --job --json'];
  static override flags = {
    job: Flags.boolean({
      description: 'also submit a short job that checks the state directory, and signs in to Globus, from its node',
    }),
    probe: Flags.string({description: 'what the probe job calls, with the directory that it writes to', hidden: true}),
    'job-timeout': Flags.integer({description: 'seconds to wait for that job', default: 300, min: 1}),
  };

  async run(): Promise<DoctorReport | ProbeAnswer> {
    const {flags} = await this.parse(Doctor);
    if (flags.probe !== undefined) return probeFromJob(await this.connect(flags.profile), flags.probe);
    const report = await examine(await this.connect(flags.profile), {
      job: flags.job,
      jobTimeoutSeconds: flags['job-timeout'],
    });
    process.exitCode = report.exit;
    await this.say(report, renderDoctor);
    return report;
  }
}
