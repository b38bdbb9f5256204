import {Args} from '@oclif/core';
import {StageCommand} from '../../src/app/stage-command.ts';
import {cancelTransfer, type TaskReport} from '../../src/app/transfer.ts';
import {renderTasks} from '../../src/report/render-tasks.ts';

export default class TransferCancel extends StageCommand {
  static override summary = 'Cancel a Globus task. One that has ended is left as it is.';
  static override description = 'What was moved stays. A run whose step it serves sees a transfer that failed.';
  static override examples = ['<%= config.bin %> transfer cancel 0f528ce0-493c-4fa7-acaf-f5d97d9812a4'];
  static override args = {task: Args.string({required: true, description: 'task id'})};

  async run(): Promise<TaskReport> {
    const {args, flags} = await this.parse(TransferCancel);
    const report = await cancelTransfer(await this.connect(flags.profile), args.task);
    process.exitCode = report.exit;
    this.say(() => renderTasks(report.tasks));
    return report;
  }
}
