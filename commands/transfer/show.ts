import {Args} from '@oclif/core';
import {renderTasks} from '../../src/app/transfers/render-tasks.ts';
import {showTransfers, type TaskReport} from '../../src/app/transfers/transfer.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class TransferShow extends StageCommand {
  static override summary = 'Show a Globus task. Exit code 1 when it failed.';
  static override examples = ['<%= config.bin %> transfer show 0f528ce0-493c-4fa7-acaf-f5d97d9812a4'];
  static override args = {task: Args.string({required: true, description: 'task id'})};

  async run(): Promise<TaskReport> {
    const {args, flags} = await this.parse(TransferShow);
    const report = await showTransfers(await this.connect(flags.profile), [args.task]);
    process.exitCode = report.exit;
    await this.say(report.tasks, renderTasks);
    return report;
  }
}
