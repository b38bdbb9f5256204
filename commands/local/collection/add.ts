import {Args} from '@oclif/core';
import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {addCollection} from '../../../src/app/stand-ins/local-collections.ts';
import {renderLocal} from '../../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class LocalCollectionAdd extends StageCommand {
  static override summary = 'Serve a directory of this machine as a collection of the stand-in Globus.';
  static override examples = ['<%= config.bin %> local collection add laptop ~/data'];
  static override args = {
    name: Args.string({required: true, description: 'its name'}),
    directory: Args.string({required: true, description: 'its directory; created if missing'}),
  };

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalCollectionAdd);
    const status = await addCollection(await this.standIns(), args.name, args.directory);
    await this.say(status, renderLocal);
    return status;
  }
}
