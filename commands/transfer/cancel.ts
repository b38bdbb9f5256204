import {Args} from '@oclif/core';
import {renderTasks} from '../../src/app/transfers/render-tasks.ts';
import {cancelTransfer, type TaskReport} from '../../src/app/transfers/transfer.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class TransferCancel extends StageCommand {
  static override summary = 'Cancel a Globus task. A task that has ended is not changed.';
  static override description =
    'Files that were already moved are kept. In a run that uses the task, the transfer has failed.';
  static override examples = ['<%= config.bin %> transfer cancel 0f528ce0-493c-4fa7-acaf-f5d97d9812a4'];
  static override args = {task: Args.string({required: true, description: 'task id'})};

  async run(): Promise<TaskReport> {
    const {args, flags} = await this.parse(TransferCancel);
    const report = await cancelTransfer(await this.connect(flags.profile), args.task);
    process.exitCode = report.exit;
    await this.say(report.tasks, renderTasks);
    return report;
  }
}
