import {Args} from '@oclif/core';
import type {LocalStatus} from '../../src/app/stand-ins/local.ts';
import {setRate} from '../../src/app/stand-ins/local-collections.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalRate extends StageCommand {
  static override summary = 'Set how fast the stand-in moves data, so that a small transfer can take a while.';
  static override examples = ['<%= config.bin %> local rate 500k', '<%= config.bin %> local rate unlimited'];
  static override args = {
    rate: Args.string({required: true, description: 'bytes per second (500k, 20M, 1G), or "unlimited"'}),
  };

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalRate);
    const status = await setRate(await this.standIns(), args.rate);
    await this.say(status, renderLocal);
    return status;
  }
}
