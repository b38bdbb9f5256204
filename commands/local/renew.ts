import {Args} from '@oclif/core';
import type {LocalStatus} from '../../src/app/stand-ins/local.ts';
import {renew} from '../../src/app/stand-ins/local-trouble.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalRenew extends StageCommand {
  static override summary = 'Renew the credential of a collection of the stand-in: its tasks continue.';
  static override examples = ['<%= config.bin %> local renew archive', '<%= config.bin %> local renew'];
  static override args = {
    collection: Args.string({ignoreStdin: true, description: 'name or id; all collections if not given'}),
  };

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalRenew);
    const status = await renew(await this.standIns(), args.collection);
    await this.say(status, renderLocal);
    return status;
  }
}
