import {Args} from '@oclif/core';
import type {LocalStatus} from '../../src/app/stand-ins/local.ts';
import {resumeCollection} from '../../src/app/stand-ins/local-collections.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalResume extends StageCommand {
  static override summary = 'End the pause of a collection of the stand-in.';
  static override examples = ['<%= config.bin %> local resume archive'];
  static override args = {collection: Args.string({required: true, description: 'name or id'})};

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalResume);
    const status = await resumeCollection(await this.standIns(), args.collection);
    await this.say(status, renderLocal);
    return status;
  }
}
