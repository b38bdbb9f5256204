import {renderCampaigns} from '../../src/app/campaigns/campaign-view.ts';
import {type CampaignList, listCampaigns} from '../../src/app/campaigns/show-campaigns.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class CampaignListCommand extends StageCommand {
  static override summary = 'List campaigns.';
  static override description = 'Reads only the state directory; PBS and Globus are not contacted.';
  static override examples = ['<%= config.bin %> campaign list'];

  async run(): Promise<CampaignList> {
    const {flags} = await this.parse(CampaignListCommand);
    const report = await listCampaigns(await this.connect(flags.profile));
    process.exitCode = report.exit;
    await this.show(report, renderCampaigns);
    return report;
  }
}
