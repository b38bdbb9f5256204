import {Args} from '@oclif/core';
import {cancelCampaign, type DecisionReport, renderDecision} from '../../src/app/campaigns/decide-campaign.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class CampaignCancel extends StageCommand {
  static override summary = 'Cancel the runs of a campaign that are active, and let no further item begin.';
  static override description =
    'What was moved stays, and the cleanup of each run is done, as by "stage cancel". "stage campaign resume" lets items that waited begin after all.';
  static override examples = ['<%= config.bin %> campaign cancel many'];
  static override args = {
    campaign: Args.string({required: true, ignoreStdin: true, description: 'name of the campaign'}),
  };

  async run(): Promise<DecisionReport> {
    const {args, flags} = await this.parse(CampaignCancel);
    const report = await cancelCampaign(await this.connect(flags.profile), args.campaign);
    process.exitCode = report.exit;
    await this.say(report, renderDecision);
    return report;
  }
}
