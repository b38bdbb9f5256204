import {Flags} from '@oclif/core';
import {renderSweep, type SweepReport, sweepOutputs} from '../../src/app/outputs/sweep.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class OutputsSweep extends StageCommand {
  static override summary = 'Remove what jobs made, where it was released or its time is over.';
  static override description =
    `Without --yes it says what it would remove, and changes nothing. Only what was seen in its place when it was
moved or released is removed, and nothing of a run that has not ended, or that another run needs. Links are not followed.`;
  static override examples = ['<%= config.bin %> outputs sweep', '<%= config.bin %> outputs sweep --yes'];
  static override flags = {yes: Flags.boolean({default: false, description: 'remove it'})};

  async run(): Promise<SweepReport> {
    const {flags} = await this.parse(OutputsSweep);
    const report = await sweepOutputs(await this.connect(flags.profile), {remove: flags.yes});
    process.exitCode = report.exit;
    await this.show(report, renderSweep);
    return report;
  }
}
