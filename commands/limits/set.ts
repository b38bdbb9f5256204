import {Args, Flags} from '@oclif/core';
import {type SetReport, setLimit} from '../../src/app/limits/change-limits.ts';
import {renderSet} from '../../src/app/limits/render-limits.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LimitsSet extends StageCommand {
  static override summary = 'Say how much there is of a limit that a group shares.';
  static override description =
    'What was granted stays granted, also where there is less now. Limits of a profile alone are set in the configuration file.';
  static override examples = [
    '<%= config.bin %> limits set licence --slots 4',
    '<%= config.bin %> limits set scratch --size 20TB --reserve 1TB --path /scratch/climate --directory /project/climate/limits',
  ];
  static override args = {limit: Args.string({required: true, description: 'its name'})};
  static override flags = {
    slots: Flags.integer({description: 'so many at once'}),
    size: Flags.string({description: 'so many bytes, such as 2TB'}),
    reserve: Flags.string({description: 'nothing is granted unless so much is really free beside it'}),
    path: Flags.string({description: 'a directory on the file system that it is about'}),
    directory: Flags.string({description: 'the directory of limits [default: that of the profile]'}),
  };

  async run(): Promise<SetReport> {
    const {args, flags} = await this.parse(LimitsSet);
    const {slots, size, reserve, path, directory} = flags;
    const stage = await this.connect(flags.profile);
    const report = setLimit(stage, {limit: args.limit, slots, size, reserve, path, directory});
    await this.say(report, renderSet);
    return report;
  }
}
