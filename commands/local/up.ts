import {Flags} from '@oclif/core';
import {localUp, type UpReport} from '../../src/app/stand-ins/local.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalUp extends StageCommand {
  static override summary = 'Start the stand-in PBS and the stand-in Globus on this machine.';
  static override description = 'With --profile local they are started on demand; this is for using them by hand.';
  static override examples = [
    '<%= config.bin %> local up',
    '<%= config.bin %> local up --day 5s',
    'eval "$(<%= config.bin %> local env)"',
  ];
  static override flags = {
    day: Flags.string({
      description:
        'make time pass faster: the length of a day for tokens, deadlines and the history of jobs, such as 5s; kept until changed; 1d is real time',
    }),
  };

  async run(): Promise<UpReport> {
    const {flags} = await this.parse(LocalUp);
    const report = await localUp(await this.standIns(), flags.day);
    this.print(report, ({started, status}) => `${started ? 'started' : 'already running'}\n${renderLocal(status)}`);
    return report;
  }
}
