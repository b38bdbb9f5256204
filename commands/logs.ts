import {Args, Flags} from '@oclif/core';
import {collectLogs} from '../src/app/logs.ts';
import {StageCommand} from '../src/app/stage-command.ts';
import {styleOf} from '../src/app/style.ts';
import type {LogReport} from '../src/report/log-entry.ts';
import {renderLogs} from '../src/report/render-logs.ts';

export default class Logs extends StageCommand {
  static override summary = "Show a run's events and every step's output, merged in time.";
  static override description = 'Output can be read while its job runs. It stands at the time of its last line.';
  static override examples = [
    '<%= config.bin %> logs climate-ens',
    '<%= config.bin %> logs climate-ens --step compute',
    '<%= config.bin %> logs climate-ens --json',
  ];
  static override args = {run: Args.string({required: true, description: 'name of the run'})};
  static override flags = {
    step: Flags.string({multiple: true, description: 'only this step (may be repeated)'}),
    own: Flags.boolean({description: "also what stage's own jobs (launchers, sentinels) printed"}),
  };

  async run(): Promise<LogReport> {
    const {args, flags} = await this.parse(Logs);
    const report = collectLogs(await this.connect(flags.profile), {
      run: args.run,
      steps: flags.step ?? [],
      own: flags.own,
    });
    this.say(() => renderLogs(report, styleOf(process.stdout)));
    return report;
  }
}
