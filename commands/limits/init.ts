import {Args} from '@oclif/core';
import {type InitReport, initLimits} from '../../src/app/limits/change-limits.ts';
import {renderInit} from '../../src/app/limits/render-limits.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LimitsInit extends StageCommand {
  static override summary = 'Make a directory of limits that the members of a group share.';
  static override description =
    `Files in it go to its group (setgid), and no member removes the files of another (sticky).
You set its limits, and may free claims of others. Doing so again changes nothing.`;
  static override examples = ['<%= config.bin %> limits init /project/climate/limits'];
  static override args = {directory: Args.string({required: true, description: 'where it is made'})};

  async run(): Promise<InitReport> {
    const {args, flags} = await this.parse(LimitsInit);
    const report = initLimits(args.directory, (await this.connect(flags.profile)).by);
    await this.say(report, renderInit);
    return report;
  }
}
