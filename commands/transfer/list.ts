import {Flags} from '@oclif/core';
import {renderTasks} from '../../src/app/transfers/render-tasks.ts';
import {listTransfers, type TaskReport} from '../../src/app/transfers/transfer.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class TransferList extends StageCommand {
  static override summary = 'List your Globus transfer tasks, newest first.';
  static override description = 'All transfer tasks of your identity, including those that belong to no run.';
  static override examples = ['<%= config.bin %> transfer list', '<%= config.bin %> transfer list --limit 100 --json'];
  static override flags = {
    limit: Flags.integer({default: 20, min: 1, max: 1000, description: 'show at most this many'}),
  };

  async run(): Promise<TaskReport> {
    const {flags} = await this.parse(TransferList);
    const report = await listTransfers(await this.connect(flags.profile), flags.limit);
    await this.say(report.tasks, (tasks) =>
      tasks.length > 0 ? renderTasks(tasks) : 'Globus lists no transfer task of yours.',
    );
    return report;
  }
}
