import {Args, Flags} from '@oclif/core';
import {renderResumed} from '../src/app/runs/holds/render-decisions.ts';
import {type ResumeReport, resumeRuns} from '../src/app/runs/run/resume.ts';
import {oneOrAll} from '../src/app/shared/choose.ts';
import {StageCommand} from '../src/cli/stage-command.ts';
import {RequestWrong} from '../src/errors.ts';

export default class Resume extends StageCommand {
  static override summary = 'Resume a run: resubmit what the queue lost, retry what failed, keep what succeeded.';
  static override description =
    `Steps that failed, were cancelled or were skipped are retried; transfers use checksum sync, so that files
that arrived are not moved twice. A step that succeeded is repeated only if --redo names it.
With --all, jobs that the queue lost are submitted again for every run that has not ended.`;
  static override examples = [
    '<%= config.bin %> resume climate-ens',
    '<%= config.bin %> resume climate-ens --redo stage-in',
    '<%= config.bin %> resume --all   # after the queue was wiped',
  ];
  static override args = {
    run: Args.string({ignoreStdin: true, description: 'name of the run; leave it out with --all'}),
  };
  static override flags = {
    all: Flags.boolean({default: false, description: 'every run that has not ended'}),
    redo: Flags.string({
      multiple: true,
      description: 'repeat this step although it succeeded (may be repeated)',
      helpValue: 'STEP',
    }),
  };

  async run(): Promise<ResumeReport> {
    const {args, flags} = await this.parse(Resume);
    const run = oneOrAll(args.run, flags.all);
    if (run === undefined && flags.redo !== undefined) throw new RequestWrong('--redo is for one run; name it');
    const report = await resumeRuns(await this.connect(flags.profile), {run, redo: flags.redo ?? []});
    process.exitCode = report.exit;
    await this.show(report, renderResumed);
    return report;
  }
}
