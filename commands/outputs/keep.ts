import {Args, Flags} from '@oclif/core';
import {type DecisionReport, keepOutputs} from '../../src/app/outputs/decide.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class OutputsKeep extends StageCommand {
  static override summary = 'Keep what the jobs of a run made for longer.';
  static override examples = [
    '<%= config.bin %> outputs keep climate-ens 30d',
    '<%= config.bin %> outputs keep climate-ens.2 12h --step stage-out',
  ];
  static override args = {
    run: Args.string({required: true, ignoreStdin: true, description: 'name of the run'}),
    time: Args.string({required: true, ignoreStdin: true, description: 'how long from now, such as 12h or 14d'}),
  };
  static override flags = {step: Flags.string({description: 'only what this transfer moves'})};

  async run(): Promise<DecisionReport> {
    const {args, flags} = await this.parse(OutputsKeep);
    const asked = {run: args.run, step: flags.step};
    const report = await keepOutputs(await this.connect(flags.profile), asked, args.time);
    await this.say(report, ({message}) => message);
    return report;
  }
}
