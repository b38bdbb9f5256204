import {Args} from '@oclif/core';
import {type DecisionReport, renderDecision, resumeCampaign} from '../../src/app/campaigns/decide-campaign.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class CampaignResume extends StageCommand {
  static override summary = 'End the pause, or the cancellation, of a campaign.';
  static override description =
    'Items that wait begin again. Those that failed or were cancelled are left: see "stage campaign retry".';
  static override examples = ['<%= config.bin %> campaign resume many'];
  static override args = {
    campaign: Args.string({required: true, ignoreStdin: true, description: 'name of the campaign'}),
  };

  async run(): Promise<DecisionReport> {
    const {args, flags} = await this.parse(CampaignResume);
    const report = await resumeCampaign(await this.connect(flags.profile), args.campaign);
    process.exitCode = report.exit;
    await this.say(report, renderDecision);
    return report;
  }
}
