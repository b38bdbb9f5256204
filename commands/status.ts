import {Args, Flags} from '@oclif/core';
import {type StatusReport, showStatus} from '../src/app/runs/status/status.ts';
import {renderStatus} from '../src/app/shared/render-status.ts';
import {idsFlag, StageCommand} from '../src/cli/stage-command.ts';
import {watchRun} from '../src/cli/watch-run.ts';
import {RequestWrong} from '../src/errors.ts';

export default class Status extends StageCommand {
  static override summary = 'Show where runs are: each step with its job or task, progress and reason.';
  static override description = `Like every command it also does what is due: it queries PBS and Globus, and acts.
The exit code reports the state of the named run. Without a name: 3 when a run that has not ended needs you to act,
else 4 when something could not be done, queried or read, by this command or by the jobs of stage that are to carry a
run on, else 0, however earlier runs ended.`;
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status climate-ens --wait',
    '<%= config.bin %> status climate-ens --ids',
    '<%= config.bin %> status climate-ens --json',
  ];
  static override args = {run: Args.string({ignoreStdin: true, description: 'name of the run [default: all runs]'})};
  static override flags = {
    ids: idsFlag,
    wait: Flags.boolean({
      char: 'w',
      description: 'watch until the run has ended; Ctrl-C stops the watching, not the run',
    }),
  };

  async run(): Promise<StatusReport> {
    const {args, flags} = await this.parse(Status);
    if (flags.wait && args.run === undefined)
      throw new RequestWrong('--wait needs the name of a run', {
        next: ['Name it: stage status RUN --wait', 'List runs: stage list'],
      });
    const stage = await this.connect(flags.profile);
    const report =
      flags.wait && args.run !== undefined
        ? (await watchRun(stage, args.run, {quiet: this.jsonEnabled(), style: (stream) => this.style(stream)})).report
        : await showStatus(stage, args.run);
    process.exitCode = report.exit;
    await this.show(report, renderStatus);
    return report;
  }
}
