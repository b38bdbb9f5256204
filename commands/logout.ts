import {Flags} from '@oclif/core';
import {type LogoutReport, logout} from '../src/app/sign-in/logout.ts';
import {renderLogout} from '../src/app/sign-in/render-sign-in.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Logout extends StageCommand {
  static override summary = 'Revoke the tokens of a profile at Globus, and delete them here.';
  static override description =
    'Transfers that are under way continue, but cannot be monitored until the next sign-in.';
  static override examples = ['<%= config.bin %> logout', '<%= config.bin %> logout --forget --json'];
  static override flags = {
    forget: Flags.boolean({description: 'delete them here without contacting Globus, when it cannot be reached'}),
  };

  async run(): Promise<LogoutReport> {
    const {flags} = await this.parse(Logout);
    const report = await logout(await this.connect(flags.profile), {forget: flags.forget});
    await this.say(report, renderLogout);
    return report;
  }
}
