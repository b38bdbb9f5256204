import {Args, Flags} from '@oclif/core';
import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {permit} from '../../../src/app/stand-ins/local-collections.ts';
import {renderLocal} from '../../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class LocalCollectionPermit extends StageCommand {
  static override summary = 'Set an access rule of a guest collection of the stand-in Globus.';
  static override description =
    'A rule lets an identity read, or read and write, what lies below a path. The person at this machine and the client of the stand-in need none.';
  static override examples = [
    '<%= config.bin %> local collection permit results /in/ --identity ada@uni.example',
    '<%= config.bin %> local collection permit results / --write   # everybody who has signed in',
    '<%= config.bin %> local collection permit results / --nothing',
  ];
  static override args = {
    collection: Args.string({required: true, description: 'name or id of the guest collection'}),
    path: Args.string({required: true, description: 'directory of the guest collection'}),
  };
  static override flags = {
    identity: Flags.string({description: 'who, of the form name@domain [default: everybody who has signed in]'}),
    write: Flags.boolean({default: false, description: 'read and write, and not read alone'}),
    nothing: Flags.boolean({default: false, description: 'take the rule for this path away'}),
  };

  async run(): Promise<LocalStatus> {
    const {args, flags} = await this.parse(LocalCollectionPermit);
    const {identity: username, write, nothing} = flags;
    const status = await permit(await this.standIns(), {...args, username, write, nothing});
    await this.say(status, renderLocal);
    return status;
  }
}
