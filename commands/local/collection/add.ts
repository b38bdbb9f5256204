import {resolve} from 'node:path';
import {Args} from '@oclif/core';
import {localUp, steer} from '../../../src/app/stand-ins/local.ts';
import {renderLocal} from '../../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';
import type {LocalStatus} from '../../../src/stand-ins/control.ts';

export default class LocalCollectionAdd extends StageCommand {
  static override summary = 'Make a directory of this machine a collection of the stand-in.';
  static override examples = ['<%= config.bin %> local collection add laptop ~/data'];
  static override args = {
    name: Args.string({required: true, description: 'its name'}),
    directory: Args.string({required: true, description: 'its directory; made if missing'}),
  };

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalCollectionAdd);
    await localUp(this.config.version);
    const {status} = await steer({do: 'add-collection', name: args.name, directory: resolve(args.directory)});
    this.say(() => renderLocal(status));
    return status;
  }
}
