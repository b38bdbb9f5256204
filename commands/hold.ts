import {Args, Flags} from '@oclif/core';
import {type HoldReport, holdRuns} from '../src/app/runs/holds/hold.ts';
import {renderHold} from '../src/app/runs/holds/render-decisions.ts';
import {oneOrAll} from '../src/app/shared/choose.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Hold extends StageCommand {
  static override summary = 'Keep the queued jobs of a run from starting, for example during maintenance.';
  static override description =
    `Queued jobs get a user hold, and nothing new is started. Running jobs and transfers continue;
of an array that has begun no further subjob starts.
Jobs that were already held are remembered: "stage release" ends only the holds that this command set.`;
  static override examples = [
    '<%= config.bin %> hold climate-ens',
    '<%= config.bin %> hold climate-ens --step compute',
    '<%= config.bin %> hold --all',
  ];
  static override args = {
    run: Args.string({ignoreStdin: true, description: 'name of the run; leave it out with --all'}),
  };
  static override flags = {
    all: Flags.boolean({default: false, description: 'every run that has not ended'}),
    step: Flags.string({multiple: true, description: 'only this step (may be repeated)'}),
  };

  async run(): Promise<HoldReport> {
    const {args, flags} = await this.parse(Hold);
    const run = oneOrAll(args.run, flags.all);
    const report = await holdRuns(await this.connect(flags.profile), {run, steps: flags.step ?? []});
    process.exitCode = report.exit;
    await this.say(report, renderHold);
    return report;
  }
}
