import {Args, Flags} from '@oclif/core';
import {type CancelReport, cancelRun} from '../src/app/runs/cancel.ts';
import {giveUpRun} from '../src/app/runs/give-up.ts';
import {renderRunReport} from '../src/app/runs/render-run-report.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Cancel extends StageCommand {
  static override summary = 'Cancel a run: cancel its transfers, delete its jobs.';
  static override description =
    'Files that were already moved are kept. Cleanup steps (on_failure_of) run unless --no-cleanup is given.';
  static override examples = [
    '<%= config.bin %> cancel climate-ens',
    '<%= config.bin %> cancel climate-ens --no-cleanup',
  ];
  static override args = {run: Args.string({required: true, description: 'name of the run'})};
  static override flags = {
    'give-up': Flags.boolean({
      description: 'end a run that cannot be read any more, since a file of its record is damaged; its files are kept',
    }),
    cleanup: Flags.boolean({default: true, allowNo: true, description: 'run the cleanup steps'}),
  };

  async run(): Promise<CancelReport> {
    const {args, flags} = await this.parse(Cancel);
    const stage = await this.connect(flags.profile);
    const report = flags['give-up']
      ? await giveUpRun(stage, args.run)
      : await cancelRun(stage, {run: args.run, cleanup: flags.cleanup});
    process.exitCode = report.exit;
    await this.show(report, renderRunReport);
    return report;
  }
}
