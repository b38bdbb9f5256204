import {Args} from '@oclif/core';
import {steer} from '../../src/app/stand-ins/local.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';
import type {LocalStatus} from '../../src/stand-ins/control.ts';

export default class LocalResume extends StageCommand {
  static override summary = 'End the pause of a collection of the stand-in.';
  static override examples = ['<%= config.bin %> local resume archive'];
  static override args = {collection: Args.string({required: true, description: 'name or id'})};

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalResume);
    const {status} = await steer({do: 'resume', collection: args.collection});
    this.say(() => renderLocal(status));
    return status;
  }
}
