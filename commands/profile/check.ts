import {Args} from '@oclif/core';
import {checkProfile, type ProfileCheck as Report} from '../../src/app/site/profile-check.ts';
import {renderProfileCheck} from '../../src/app/site/render-site.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class ProfileCheck extends StageCommand {
  static override summary = 'Test what a profile says: commands, server, queues, limits, credentials, state directory.';
  static override description =
    `Nothing is submitted, and Globus is not contacted; "stage doctor" does that too. Each finding says what was found,
why it matters and what to do. Exit code 2 when the profile has to be changed, 3 when you have to act, 4 when PBS cannot
be reached.`;
  static override examples = ['<%= config.bin %> profile check', '<%= config.bin %> profile check polaris --json'];
  static override args = {
    name: Args.string({ignoreStdin: true, description: 'name of the profile [default: the one that would be used]'}),
  };

  async run(): Promise<Report> {
    const {args, flags} = await this.parse(ProfileCheck);
    const report = await checkProfile(await this.connect(args.name ?? flags.profile));
    process.exitCode = report.exit;
    await this.say(report, renderProfileCheck);
    return report;
  }
}
