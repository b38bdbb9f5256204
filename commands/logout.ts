import {Flags} from '@oclif/core';
import {type LogoutReport, logout} from '../src/app/sign-in/logout.ts';
import {renderLogout} from '../src/app/sign-in/render-sign-in.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Logout extends StageCommand {
  static override summary = 'Withdraw the tokens of a profile at Globus, and remove them here.';
  static override description = 'Transfers that are under way go on, and cannot be looked at until somebody signs in.';
  static override examples = ['<%= config.bin %> logout', '<%= config.bin %> logout --forget --json'];
  static override flags = {
    forget: Flags.boolean({description: 'remove them here without asking Globus, where it cannot be reached'}),
  };

  async run(): Promise<LogoutReport> {
    const {flags} = await this.parse(Logout);
    const report = await logout(await this.connect(flags.profile), {forget: flags.forget});
    await this.say(() => renderLogout(report));
    return report;
  }
}
