import {Args} from '@oclif/core';
import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {shareCollection} from '../../../src/app/stand-ins/local-collections.ts';
import {renderLocal} from '../../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class LocalCollectionShare extends StageCommand {
  static override summary = 'Make a guest collection of a directory of a collection of the stand-in Globus.';
  static override description =
    'It belongs to the person at this machine. Others may use it once "stage local collection permit" says so.';
  static override examples = ['<%= config.bin %> local collection share results archive:/shared/results'];
  static override args = {
    name: Args.string({required: true, description: 'name of the guest collection'}),
    place: Args.string({required: true, description: 'COLLECTION:PATH of an existing directory'}),
  };

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalCollectionShare);
    const status = await shareCollection(await this.standIns(), args.name, args.place);
    await this.say(status, renderLocal);
    return status;
  }
}
