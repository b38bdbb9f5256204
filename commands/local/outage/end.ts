import {Args} from '@oclif/core';
import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {endOutage} from '../../../src/app/stand-ins/local-trouble.ts';
import {renderLocal} from '../../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class LocalOutageEnd extends StageCommand {
  static override summary = 'End the outages of a stand-in, or all of them.';
  static override description = 'Requests that are still waiting are then answered, where the mode allows it.';
  static override examples = ['<%= config.bin %> local outage end', '<%= config.bin %> local outage end globus'];
  static override args = {
    target: Args.string({ignoreStdin: true, description: 'pbs (its database, too), pbs-db or globus'}),
  };

  async run(): Promise<LocalStatus> {
    const {args} = await this.parse(LocalOutageEnd);
    const status = await endOutage(await this.standIns(), args.target);
    await this.say(status, renderLocal);
    return status;
  }
}
