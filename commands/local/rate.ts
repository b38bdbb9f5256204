import {Args} from '@oclif/core';
import {readRate, steer} from '../../src/app/stand-ins/local.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';
import type {LocalStatus} from '../../src/stand-ins/control.ts';

export default class LocalRate extends StageCommand {
  static override summary = 'Set how fast the stand-in moves data, so that a small transfer can take a while.';
  static override examples = ['<%= config.bin %> local rate 500k', '<%= config.bin %> local rate unlimited'];
  static override args = {
    rate: Args.string({required: true, description: 'bytes per second (500k, 20M, 1G), or "unlimited"'}),
  };

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalRate);
    const {status} = await steer({do: 'rate', bytesPerSecond: readRate(args.rate)});
    this.say(() => renderLocal(status));
    return status;
  }
}
