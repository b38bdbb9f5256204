import {Args, Flags} from '@oclif/core';
import type {LocalStatus} from '../../src/app/stand-ins/local.ts';
import {pauseCollection} from '../../src/app/stand-ins/local-collections.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalPause extends StageCommand {
  static override summary = 'Pause a collection of the stand-in, as its manager would: tasks on it wait.';
  static override examples = ['<%= config.bin %> local pause archive --message "tape robot under repair"'];
  static override args = {collection: Args.string({required: true, description: 'name or id'})};
  static override flags = {message: Flags.string({description: 'message shown to users'})};

  async run(): Promise<LocalStatus> {
    const {args, flags} = await this.parse(LocalPause);
    const status = await pauseCollection(await this.standIns(), args.collection, flags.message);
    await this.say(status, renderLocal);
    return status;
  }
}
