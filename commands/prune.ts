import {Flags} from '@oclif/core';
import {type PruneReport, pruneRuns, renderPrune} from '../src/app/runs/prune/prune.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Prune extends StageCommand {
  static override summary = 'Pack runs that ended long ago into one file each.';
  static override description =
    'Every command reads a packed run as before; "stage resume" unpacks it first. Runs of open campaigns are left as they are, and whatever else is still in use. Nothing is lost, and repeating it is safe.';
  static override examples = ['<%= config.bin %> prune --dry-run', '<%= config.bin %> prune --older-than 90d'];
  static override flags = {
    'older-than': Flags.string({
      helpValue: 'AGE',
      description:
        'only runs that ended so long ago, such as 12h or 30d; by default as "keep:" of the profile says, or 30d',
    }),
    'dry-run': Flags.boolean({default: false, description: 'say what would be packed; change nothing'}),
  };

  async run(): Promise<PruneReport> {
    const {flags} = await this.parse(Prune);
    const stage = await this.connect(flags.profile);
    const report = pruneRuns(stage, {olderThan: flags['older-than'], dryRun: flags['dry-run']});
    process.exitCode = report.exit;
    await this.say(report, renderPrune);
    return report;
  }
}
