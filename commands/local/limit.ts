import {Flags} from '@oclif/core';
import type {LocalStatus} from '../../src/app/stand-ins/local.ts';
import {setLimits} from '../../src/app/stand-ins/local-trouble.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalLimit extends StageCommand {
  static override summary = 'Change the limits of the stand-in Globus: tasks at a time, requests, files.';
  static override description =
    'The defaults are those of the service, except that requests are unlimited. A change is kept until the next one.';
  static override examples = [
    '<%= config.bin %> local limit --active 1',
    '<%= config.bin %> local limit --requests 20   # a second, metered over ten, as the service does',
    '<%= config.bin %> local limit --reset',
  ];
  static override flags = {
    active: Flags.integer({min: 1, description: 'active transfers of a user, and as many deletes (3)'}),
    pending: Flags.integer({min: 1, description: 'tasks of a user that are queued or active (100)'}),
    requests: Flags.string({
      description: 'requests of a user per second, or "unlimited"; further ones are answered with 429',
    }),
    files: Flags.integer({min: 1, description: 'files per task (100 million)'}),
    entries: Flags.integer({min: 1, description: 'entries per directory (5 million)'}),
    reset: Flags.boolean({default: false, description: 'restore the defaults'}),
  };

  async run(): Promise<LocalStatus> {
    const {flags} = await this.parse(LocalLimit);
    const {active, pending, requests, files, entries, reset} = flags;
    const status = await setLimits(await this.standIns(), {active, pending, requests, files, entries, reset});
    await this.say(status, renderLocal);
    return status;
  }
}
