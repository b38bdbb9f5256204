import {Args, Flags} from '@oclif/core';
import type {LocalStatus} from '../../src/app/stand-ins/local.ts';
import {beginOutage} from '../../src/app/stand-ins/local-trouble.ts';
import {renderLocal, renderOutageModes} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalOutage extends StageCommand {
  static override summary = 'Make a stand-in fail from now on, in one of several modes.';
  static override description =
    `It ends with "stage local outage end", after --for or --count, or when the background process ends.\n${renderOutageModes()}`;
  static override examples = [
    '<%= config.bin %> local outage pbs',
    '<%= config.bin %> local outage pbs --mode lost --command qsub --count 1',
    '<%= config.bin %> local outage pbs-db --for 60s',
    '<%= config.bin %> local outage globus --mode 503 --rate 0.3',
    '<%= config.bin %> local outage globus --mode 429 --retry-after 1h --count 1',
    '<%= config.bin %> local outage globus --mode timeout --auth --for 2m',
  ];
  static override args = {target: Args.string({required: true, description: 'pbs, pbs-db or globus'})};
  static override flags = {
    mode: Flags.string({description: 'how it fails [default: down]'}),
    rate: Flags.string({description: 'fraction of the requests that fail, above 0 and at most 1 [default: 1]'}),
    for: Flags.string({description: 'how long, such as 60s or 5m [default: until it is ended]'}),
    count: Flags.integer({min: 1, description: 'fail only this many requests'}),
    command: Flags.string({description: 'fail only this PBS command, such as qsub'}),
    'retry-after': Flags.string({description: 'Retry-After of the modes 429 and 503, such as 1h'}),
    auth: Flags.boolean({default: false, description: 'fail token requests too (globus)'}),
  };

  async run(): Promise<LocalStatus> {
    const {args, flags} = await this.parse(LocalOutage);
    const {mode, rate, count, command, auth} = flags;
    const status = await beginOutage(await this.standIns(), {
      target: args.target,
      mode,
      rate,
      for: flags.for,
      count,
      command,
      auth,
      retryAfter: flags['retry-after'],
    });
    await this.say(status, renderLocal);
    return status;
  }
}
