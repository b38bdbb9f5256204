import {Args, Flags} from '@oclif/core';
import type {LocalStatus} from '../../src/app/stand-ins/local.ts';
import {setFault} from '../../src/app/stand-ins/local-trouble.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalFault extends StageCommand {
  static override summary = 'Make tasks of the stand-in fault on files below a path.';
  static override description =
    'A fault does not end a transfer: it is retried, and continues once the fault is cleared.';
  static override examples = [
    '<%= config.bin %> local fault archive /input --code PERMISSION_DENIED',
    '<%= config.bin %> local fault cluster / --code NO_SPACE_LEFT',
    '<%= config.bin %> local fault archive /input --clear',
  ];
  static override args = {
    collection: Args.string({required: true, description: 'name or id'}),
    path: Args.string({required: true, description: 'a file or directory, which need not exist'}),
  };
  static override flags = {
    code: Flags.string({description: 'event code of Globus, such as FILE_NOT_FOUND or QUOTA_EXCEEDED'}),
    clear: Flags.boolean({default: false, description: 'end the fault'}),
  };

  async run(): Promise<LocalStatus> {
    const {args, flags} = await this.parse(LocalFault);
    const status = await setFault(await this.standIns(), {...args, code: flags.code, clear: flags.clear});
    await this.say(status, renderLocal);
    return status;
  }
}
