import {Args, Flags} from '@oclif/core';
import {renderChanged} from '../../src/app/transfers/render-tasks.ts';
import type {TaskReport} from '../../src/app/transfers/transfer.ts';
import {updateTransfer} from '../../src/app/transfers/transfer-update.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class TransferUpdate extends StageCommand {
  static override summary = 'Give a Globus task that has not ended another label or deadline.';
  static override description =
    `Globus changes nothing else of a task. Of the task of a run, "stage RUN STEP ATTEMPT" stays in front of the label, so
that the run still finds it. A deadline that was given is not extended by Globus.`;
  static override examples = [
    '<%= config.bin %> transfer update 0f528ce0-493c-4fa7-acaf-f5d97d9812a4 --deadline 2d',
    "<%= config.bin %> transfer update 0f528ce0-493c-4fa7-acaf-f5d97d9812a4 --label 'winter 2026' --deadline 2030-01-31T18:00:00+01:00",
  ];
  static override args = {task: Args.string({required: true, description: 'task id'})};
  static override flags = {
    label: Flags.string({description: 'label of the task, at most 128 characters'}),
    deadline: Flags.string({
      description: 'when Globus gives up, such as 2030-01-31T18:00:00+01:00, or 2d from now',
      helpValue: 'TIME',
    }),
  };

  async run(): Promise<TaskReport> {
    const {args, flags} = await this.parse(TransferUpdate);
    const {label, deadline} = flags;
    const report = await updateTransfer(await this.connect(flags.profile), args.task, {label, deadline});
    process.exitCode = report.exit;
    await this.say(report.tasks, renderChanged);
    return report;
  }
}
