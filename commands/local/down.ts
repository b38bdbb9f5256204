import {type DownReport, localDown} from '../../src/app/stand-ins/local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalDown extends StageCommand {
  static override summary = 'Stop the stand-ins and the jobs that run in them.';
  static override description = 'Queued jobs, tasks and files are kept, and continue at the next start.';
  static override examples = ['<%= config.bin %> local down'];

  async run(): Promise<DownReport> {
    await this.parse(LocalDown);
    const report = await localDown(await this.standIns());
    await this.say(report, ({ended}) => (ended ? 'ended' : 'they were not running'));
    return report;
  }
}
