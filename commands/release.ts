import {Args, Flags} from '@oclif/core';
import {type HoldReport, releaseRuns} from '../src/app/runs/holds/hold.ts';
import {renderHold} from '../src/app/runs/holds/render-decisions.ts';
import {oneOrAll} from '../src/app/shared/choose.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Release extends StageCommand {
  static override summary = 'End the hold that "stage hold" put on a run.';
  static override description =
    `Ends exactly the user holds that "stage hold" set: jobs that wait for a transfer, or that you held yourself, stay held.
With --qhold those that you put on its jobs yourself end, too; a job that still waits for its data starts when that is there.`;
  static override examples = ['<%= config.bin %> release climate-ens', '<%= config.bin %> release --all'];
  static override args = {
    run: Args.string({ignoreStdin: true, description: 'name of the run; leave it out with --all'}),
  };
  static override flags = {
    all: Flags.boolean({default: false, description: 'every run that has not ended'}),
    qhold: Flags.boolean({default: false, description: 'also end the user holds that were put on its jobs with qhold'}),
  };

  async run(): Promise<HoldReport> {
    const {args, flags} = await this.parse(Release);
    const report = await releaseRuns(await this.connect(flags.profile), {
      run: oneOrAll(args.run, flags.all),
      qhold: flags.qhold,
    });
    process.exitCode = report.exit;
    await this.say(report, renderHold);
    return report;
  }
}
