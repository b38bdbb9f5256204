import {Args} from '@oclif/core';
import {steer} from '../../../src/app/local.ts';
import {StageCommand} from '../../../src/app/stage-command.ts';
import type {LocalStatus} from '../../../src/local/control.ts';
import {renderLocal} from '../../../src/report/render-local.ts';

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
