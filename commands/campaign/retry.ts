import {Args, Flags} from '@oclif/core';
import {type DecisionReport, renderDecision, retryItems} from '../../src/app/campaigns/decide-campaign.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class CampaignRetry extends StageCommand {
  static override summary = 'Run items of a campaign again that have ended, each as a further run.';
  static override description =
    'Without --item: all that failed or were cancelled. The run of the second try of item 17 is called NAME-000017.2.';
  static override examples = [
    '<%= config.bin %> campaign retry many',
    '<%= config.bin %> campaign retry many --item 17 --item winter-2026',
  ];
  static override args = {
    campaign: Args.string({required: true, ignoreStdin: true, description: 'name of the campaign'}),
  };
  static override flags = {
    item: Flags.string({multiple: true, description: 'only this item, by number or key (may be repeated)'}),
    succeeded: Flags.boolean({description: 'items that succeeded, too'}),
  };

  async run(): Promise<DecisionReport> {
    const {args, flags} = await this.parse(CampaignRetry);
    const stage = await this.connect(flags.profile);
    const request = {campaign: args.campaign, items: flags.item ?? [], succeeded: flags.succeeded};
    const report = await retryItems(stage, request);
    process.exitCode = report.exit;
    await this.say(report, renderDecision);
    return report;
  }
}
