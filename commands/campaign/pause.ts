import {Args} from '@oclif/core';
import {type DecisionReport, pauseCampaign, renderDecision} from '../../src/app/campaigns/decide-campaign.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class CampaignPause extends StageCommand {
  static override summary = 'Let no further item of a campaign begin.';
  static override description = 'Runs that are active go on. End the pause with "stage campaign resume".';
  static override examples = ['<%= config.bin %> campaign pause many'];
  static override args = {
    campaign: Args.string({required: true, ignoreStdin: true, description: 'name of the campaign'}),
  };

  async run(): Promise<DecisionReport> {
    const {args, flags} = await this.parse(CampaignPause);
    const report = await pauseCampaign(await this.connect(flags.profile), args.campaign);
    process.exitCode = report.exit;
    await this.say(report, renderDecision);
    return report;
  }
}
