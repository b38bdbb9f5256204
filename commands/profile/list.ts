import {listProfiles, type ProfileList as Report} from '../../src/app/site/profile-list.ts';
import {renderProfiles} from '../../src/app/site/render-site.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class ProfileList extends StageCommand {
  static override summary = 'List the profiles of the configuration, and the built-in one.';
  static override examples = ['<%= config.bin %> profile list', '<%= config.bin %> profile list --json'];

  async run(): Promise<Report> {
    await this.parse(ProfileList);
    const report = await listProfiles();
    await this.say(report, renderProfiles);
    return report;
  }
}
