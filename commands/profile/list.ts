import {listProfiles, type ProfileList as Report} from '../../src/app/profile-list.ts';
import {StageCommand} from '../../src/app/stage-command.ts';
import {renderProfiles} from '../../src/report/render-profile.ts';

export default class ProfileList extends StageCommand {
  static override summary = 'List the profiles of the configuration, and the built-in one.';
  static override examples = ['<%= config.bin %> profile list', '<%= config.bin %> profile list --json'];

  async run(): Promise<Report> {
    await this.parse(ProfileList);
    const report = await listProfiles();
    this.say(() => renderProfiles(report));
    return report;
  }
}
