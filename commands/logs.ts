import {Args, Flags} from '@oclif/core';
import {collectLogs} from '../src/app/runs/logs/logs.ts';
import type {collectPbsLogs} from '../src/app/runs/logs/pbs-logs.ts';
import {type LogReport, renderLogs} from '../src/app/runs/logs/render-logs.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

/** Loaded when asked for: most readings of a log ask PBS nothing. */
const pbsLogs: typeof collectPbsLogs = async (...values) =>
  (await import('../src/app/runs/logs/pbs-logs.ts')).collectPbsLogs(...values);

export default class Logs extends StageCommand {
  static override summary = "Show a run's events and every step's output, merged in time.";
  static override description = 'Output can be read while the job runs. It is sorted by the time of its last line.';
  static override examples = [
    '<%= config.bin %> logs climate-ens',
    '<%= config.bin %> logs climate-ens --step compute',
    '<%= config.bin %> logs climate-ens --pbs',
    '<%= config.bin %> logs climate-ens --json',
  ];
  static override args = {run: Args.string({required: true, description: 'name of the run'})};
  static override flags = {
    step: Flags.string({multiple: true, description: 'only this step (may be repeated)'}),
    own: Flags.boolean({description: "include the output of stage's own jobs (launchers, sentinels)"}),
    pbs: Flags.boolean({
      description: 'include what PBS recorded about the jobs: tracejob where its logs can be read, else qstat -xf',
    }),
  };

  async run(): Promise<LogReport> {
    const {args, flags} = await this.parse(Logs);
    const stage = await this.connect(flags.profile);
    const request = {run: args.run, steps: flags.step ?? [], own: flags.own};
    const report = collectLogs(stage, request, flags.pbs ? await pbsLogs(stage, request) : []);
    this.print(report, renderLogs, {tabs: true}); // output of jobs is not wrapped
    return report;
  }
}
