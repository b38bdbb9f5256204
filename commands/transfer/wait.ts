import {Args, Flags} from '@oclif/core';
import {renderTasks} from '../../src/app/transfers/render-tasks.ts';
import {type TaskReport, waitForTransfers} from '../../src/app/transfers/transfer.ts';
import {shown} from '../../src/base/visible.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class TransferWait extends StageCommand {
  static override summary = 'Wait until Globus tasks have ended.';
  static override description =
    `Exit code 0 when all succeeded, 1 when one failed, 4 when the time ran out. Waiting continues during a pause,
an expired sign-in or an outage of Globus.`;
  static override examples = ['<%= config.bin %> transfer wait "$task" --timeout 3600'];
  static override strict = false;
  static override args = {task: Args.string({required: true, description: 'task id (may be repeated)'})};
  static override flags = {
    timeout: Flags.integer({min: 0, description: 'maximum number of seconds to wait', helpValue: 'SECONDS'}),
  };

  async run(): Promise<TaskReport> {
    const {argv, flags} = await this.parse(TransferWait);
    const stage = await this.connect(flags.profile);
    let last = '';
    const report = await waitForTransfers(stage, argv.map(String), flags.timeout, (look) => {
      const text = renderTasks(shown(look.tasks));
      if (text !== last) this.note(...text.split('\n'));
      last = text;
    });
    process.exitCode = report.exit;
    await this.say(report.tasks, renderTasks);
    return report;
  }
}
