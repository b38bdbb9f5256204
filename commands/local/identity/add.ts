import {Args, Flags} from '@oclif/core';
import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {addIdentity} from '../../../src/app/stand-ins/local-collections.ts';
import {renderLocal} from '../../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class LocalIdentityAdd extends StageCommand {
  static override summary = 'Add an identity that can sign in to the stand-in Globus.';
  static override description =
    'The sign-in page offers all identities. An identity of another person has its own tasks, bookmarks and consents, and manages no collection.';
  static override examples = [
    '<%= config.bin %> local identity add ada@uni.example',
    '<%= config.bin %> local identity add me@uni.example --linked',
  ];
  static override args = {username: Args.string({required: true, description: 'of the form name@domain'})};
  static override flags = {
    linked: Flags.boolean({default: false, description: 'another identity of the person at this machine'}),
  };

  async run(): Promise<LocalStatus> {
    const {args, flags} = await this.parse(LocalIdentityAdd);
    const status = await addIdentity(await this.standIns(), args.username, flags.linked);
    await this.say(status, renderLocal);
    return status;
  }
}
