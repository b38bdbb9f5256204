import {Args, Flags} from '@oclif/core';
import {type ReleaseReport, releaseClaim} from '../../src/app/limits/change-limits.ts';
import {renderRelease} from '../../src/app/limits/render-limits.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LimitsRelease extends StageCommand {
  static override summary = 'Free what a claim holds, when what it was for is gone.';
  static override description =
    `Without --yes it shows the claim, who holds it, and when it was last looked at; nothing is changed.
Time frees nothing: a run that failed keeps its space until its files are gone. You may free your own claims;
in a directory of a group its owner may free those of others.`;
  static override examples = [
    '<%= config.bin %> limits release 12',
    '<%= config.bin %> limits release 12 --yes',
    '<%= config.bin %> limits release --entry 31 --yes',
  ];
  static override args = {claim: Args.string({description: 'its number, as "stage limits" shows it, or its key'})};
  static override flags = {
    entry: Flags.integer({description: 'an entry of the log that cannot be read: it counts for nothing then'}),
    directory: Flags.string({description: 'where, if two directories have a claim of that number'}),
    yes: Flags.boolean({char: 'y', default: false, description: 'do it'}),
  };

  async run(): Promise<ReleaseReport> {
    const {args, flags} = await this.parse(LimitsRelease);
    const {entry, directory, yes} = flags;
    const report = releaseClaim(await this.connect(flags.profile), {claim: args.claim, entry, directory, yes});
    await this.say(report, renderRelease);
    return report;
  }
}
