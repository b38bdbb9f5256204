import {Args, Flags} from '@oclif/core';
import {type CancelReport, cancelRun} from '../src/app/runs/ending/cancel.ts';
import {giveUpRun} from '../src/app/runs/ending/give-up.ts';
import {renderRunReport} from '../src/app/runs/run/render-run-report.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Cancel extends StageCommand {
  static override summary = 'Cancel a run: cancel its transfers, delete its jobs.';
  static override description =
    'Files that were already moved are kept. Cleanup steps (on_failure_of) run unless --no-cleanup is given. --forget is for a step whose task Globus does not list for your identity any more, or whose job PBS cannot be queried about: it ends as cancelled, and what it started may still go on.';
  static override examples = [
    '<%= config.bin %> cancel climate-ens',
    '<%= config.bin %> cancel climate-ens --no-cleanup',
    '<%= config.bin %> cancel climate-ens --forget stage-in',
  ];
  static override args = {run: Args.string({required: true, description: 'name of the run'})};
  static override flags = {
    'give-up': Flags.boolean({
      description: 'end a run that cannot be read any more, since a file of its record is damaged; its files are kept',
    }),
    forget: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'STEP',
      description: 'end this step although nothing can be learnt of its task or job (may be repeated)',
    }),
    cleanup: Flags.boolean({default: true, allowNo: true, description: 'run the cleanup steps'}),
  };

  async run(): Promise<CancelReport> {
    const {args, flags} = await this.parse(Cancel);
    const stage = await this.connect(flags.profile);
    const report = flags['give-up']
      ? await giveUpRun(stage, args.run)
      : await cancelRun(stage, {run: args.run, cleanup: flags.cleanup, forget: flags.forget ?? []});
    process.exitCode = report.exit;
    await this.show(report, renderRunReport);
    return report;
  }
}
