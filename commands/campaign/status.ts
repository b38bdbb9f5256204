import {Args} from '@oclif/core';
import {type CampaignStatus, renderCampaignStatus, showCampaign} from '../../src/app/campaigns/show-campaigns.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class CampaignStatusCommand extends StageCommand {
  static override summary = 'Show how a campaign stands, and its runs that are active.';
  static override description = 'All items are accounted for: waiting, active, succeeded, failed or cancelled.';
  static override examples = ['<%= config.bin %> campaign status many'];
  static override args = {
    campaign: Args.string({required: true, ignoreStdin: true, description: 'name of the campaign'}),
  };

  async run(): Promise<CampaignStatus> {
    const {args, flags} = await this.parse(CampaignStatusCommand);
    const report = await showCampaign(await this.connect(flags.profile), args.campaign);
    process.exitCode = report.exit;
    await this.show(report, renderCampaignStatus);
    return report;
  }
}
