import {Args} from '@oclif/core';
import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {forgetTask} from '../../../src/app/stand-ins/local-trouble.ts';
import {renderLocal} from '../../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class LocalTaskForget extends StageCommand {
  static override summary = 'Let the stand-in Globus know nothing of a task any more.';
  static override description =
    'It is not listed and cannot be shown, cancelled or waited for, as a task of long ago or of another identity. One under way continues to copy.';
  static override examples = ['<%= config.bin %> local task forget 2b5e2f8e-1f0c-4c6e-9a53-0f2f6f1c2a11'];
  static override args = {task: Args.string({required: true, description: 'id of the task'})};

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalTaskForget);
    const status = await forgetTask(await this.standIns(), args.task);
    await this.say(status, renderLocal);
    return status;
  }
}
