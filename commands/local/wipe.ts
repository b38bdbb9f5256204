import {type WipeReport, wipeJobs} from '../../src/app/stand-ins/local-trouble.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalWipe extends StageCommand {
  static override summary =
    'Delete every job from the queue of the stand-in PBS without a trace, as a reinstalled server would.';
  static override examples = ['<%= config.bin %> local wipe'];

  async run(): Promise<WipeReport> {
    await this.parse(LocalWipe);
    const report = await wipeJobs(await this.standIns());
    await this.say(report, ({wiped}) => `${wiped} jobs were removed`);
    return report;
  }
}
