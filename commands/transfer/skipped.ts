import {Args, Flags} from '@oclif/core';
import {renderSkipped} from '../../src/app/transfers/render-tasks.ts';
import {listSkipped, type SkippedReport} from '../../src/app/transfers/transfer.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class TransferSkipped extends StageCommand {
  static override summary = 'List the files that a Globus task skipped.';
  static override description = `A task with skip_source_errors skips files that are missing or cannot be read.
Each line is a path, a tab, and the reason. Globus keeps the list for 30 days.`;
  static override examples = [
    '<%= config.bin %> transfer skipped 0f528ce0-493c-4fa7-acaf-f5d97d9812a4',
    '<%= config.bin %> transfer skipped 0f528ce0-493c-4fa7-acaf-f5d97d9812a4 | cut -f1 > missing.txt',
  ];
  static override args = {task: Args.string({required: true, description: 'task id'})};
  static override flags = {limit: Flags.integer({default: 10_000, min: 1, description: 'show at most this many'})};

  async run(): Promise<SkippedReport> {
    const {args, flags} = await this.parse(TransferSkipped);
    const report = await listSkipped(await this.connect(flags.profile), args.task, flags.limit);
    if (report.files.length > 0) await this.say(report.files, renderSkipped);
    else this.note('It skipped nothing.');
    if (report.more) this.note(`There are more than these ${report.files.length}: see them with --limit.`);
    return report;
  }
}
