import {Args} from '@oclif/core';
import {type ProfileView, showProfile} from '../../src/app/site/profile-list.ts';
import {renderProfile} from '../../src/app/site/render-site.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class ProfileShow extends StageCommand {
  static override summary = 'Show the settings of a profile, with the defaults.';
  static override examples = ['<%= config.bin %> profile show', '<%= config.bin %> profile show polaris --json'];
  static override args = {
    name: Args.string({ignoreStdin: true, description: 'name of the profile [default: the one that would be used]'}),
  };

  async run(): Promise<ProfileView> {
    const {args, flags} = await this.parse(ProfileShow);
    const {written, ...view} = await showProfile(args.name ?? flags.profile);
    await this.say({...view, name: view.profile.name, written}, renderProfile);
    return view;
  }
}
