import {Args, Flags} from '@oclif/core';
import {listOutputs, type OutputsReport, renderOutputs} from '../../src/app/outputs/list-outputs.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class OutputsList extends StageCommand {
  static override summary = 'List what jobs of runs have left on disk, until when it is kept, and why.';
  static override description =
    `What a job makes for a transfer is registered before the job may begin, where the profile maps paths of
the cluster to collections ("paths"). Sizes are those of the listing before the transfer. Changes nothing.`;
  static override examples = [
    '<%= config.bin %> outputs list',
    '<%= config.bin %> outputs list climate-ens',
    '<%= config.bin %> outputs list --all --json',
  ];
  static override args = {run: Args.string({ignoreStdin: true, description: 'name of the run [default: all runs]'})};
  static override flags = {all: Flags.boolean({default: false, description: 'also what is not on disk any more'})};

  async run(): Promise<OutputsReport> {
    const {args, flags} = await this.parse(OutputsList);
    const report = await listOutputs(await this.connect(flags.profile), {run: args.run, gone: flags.all});
    process.exitCode = report.exit;
    await this.show(report, renderOutputs);
    return report;
  }
}
