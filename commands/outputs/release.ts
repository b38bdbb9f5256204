import {Args, Flags} from '@oclif/core';
import {type DecisionReport, releaseOutputs} from '../../src/app/outputs/decide.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class OutputsRelease extends StageCommand {
  static override summary = 'Say that what the jobs of a run made may go.';
  static override description =
    `The run must have ended. What lies there now is removed by the next "stage outputs sweep", and nothing that
comes later. It is final.`;
  static override examples = [
    '<%= config.bin %> outputs release climate-ens',
    '<%= config.bin %> outputs release climate-ens.2 --step stage-out',
  ];
  static override args = {run: Args.string({required: true, ignoreStdin: true, description: 'name of the run'})};
  static override flags = {step: Flags.string({description: 'only what this transfer moves'})};

  async run(): Promise<DecisionReport> {
    const {args, flags} = await this.parse(OutputsRelease);
    const report = await releaseOutputs(await this.connect(flags.profile), {run: args.run, step: flags.step});
    await this.say(report, ({message}) => message);
    return report;
  }
}
