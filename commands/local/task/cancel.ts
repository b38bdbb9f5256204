import {Args, Flags} from '@oclif/core';
import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {cancelTask} from '../../../src/app/stand-ins/local-trouble.ts';
import {renderLocal} from '../../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class LocalTaskCancel extends StageCommand {
  static override summary = 'Cancel a task of the stand-in Globus as the manager of its collections.';
  static override description =
    'Its owner sees it failed, with the message. To cancel it as its owner: stage transfer cancel.';
  static override examples = [
    '<%= config.bin %> local task cancel 2b5e2f8e-1f0c-4c6e-9a53-0f2f6f1c2a11 --message "quota of the project is used up"',
  ];
  static override args = {task: Args.string({required: true, description: 'id of the task'})};
  static override flags = {
    message: Flags.string({default: 'cancelled by the manager', description: 'what the owner of the task is told'}),
  };

  async run(): Promise<LocalStatus> {
    const {args, flags} = await this.parse(LocalTaskCancel);
    const status = await cancelTask(await this.standIns(), args.task, flags.message);
    await this.say(status, renderLocal);
    return status;
  }
}
