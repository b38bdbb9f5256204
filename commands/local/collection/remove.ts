import {Args} from '@oclif/core';
import {steer} from '../../../src/app/stand-ins/local.ts';
import {renderLocal} from '../../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';
import type {LocalStatus} from '../../../src/stand-ins/control.ts';

export default class LocalCollectionRemove extends StageCommand {
  static override summary = 'Remove a collection of the stand-in. Its directory, and what lies in it, stay.';
  static override examples = ['<%= config.bin %> local collection remove laptop'];
  static override args = {collection: Args.string({required: true, description: 'name or id'})};

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalCollectionRemove);
    const {status} = await steer({do: 'remove-collection', collection: args.collection});
    this.say(() => renderLocal(status));
    return status;
  }
}
