import {type LocalReport, localStatus} from '../../src/app/stand-ins/local.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalStatus extends StageCommand {
  static override summary = 'Show whether the stand-ins run, their jobs, tasks and collections.';
  static override examples = ['<%= config.bin %> local status', '<%= config.bin %> local status --json'];

  async run(): Promise<LocalReport> {
    await this.parse(LocalStatus);
    const report = await localStatus(await this.standIns());
    this.print(report, ({status}) => (status ? renderLocal(status) : 'not running; start them with: stage local up'));
    return report;
  }
}
