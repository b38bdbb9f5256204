import {Args} from '@oclif/core';
import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {removeCollection} from '../../../src/app/stand-ins/local-collections.ts';
import {renderLocal} from '../../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class LocalCollectionRemove extends StageCommand {
  static override summary = 'Remove a collection of the stand-in. Its directory and files are kept.';
  static override examples = ['<%= config.bin %> local collection remove laptop'];
  static override args = {collection: Args.string({required: true, description: 'name or id'})};

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalCollectionRemove);
    const status = await removeCollection(await this.standIns(), args.collection);
    await this.say(status, renderLocal);
    return status;
  }
}
