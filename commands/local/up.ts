import {localUp, type UpReport} from '../../src/app/local.ts';
import {StageCommand} from '../../src/app/stage-command.ts';
import {renderLocal} from '../../src/report/render-local.ts';

export default class LocalUp extends StageCommand {
  static override summary = 'Start the stand-in PBS and the stand-in Globus on this machine.';
  static override description = 'With --profile local they are started on demand; this is for using them by hand.';
  static override examples = ['<%= config.bin %> local up', 'eval "$(<%= config.bin %> local env)"'];

  async run(): Promise<UpReport> {
    await this.parse(LocalUp);
    const report = await localUp(this.config.version);
    this.log(`${report.started ? 'started' : 'running already'}\n${renderLocal(report.status)}`);
    return report;
  }
}
