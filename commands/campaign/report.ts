import {Args, Flags} from '@oclif/core';
import {type ItemsReport, itemsAsCsv, renderItems, reportItems} from '../../src/app/campaigns/show-campaigns.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class CampaignReportCommand extends StageCommand {
  static override summary = 'List the items of a campaign: how each ended, when, after how many tries, and why.';
  static override description = 'Reads only the state directory; PBS and Globus are not contacted.';
  static override examples = [
    '<%= config.bin %> campaign report many',
    '<%= config.bin %> campaign report many --state failed',
    '<%= config.bin %> campaign report many --csv > many.csv',
  ];
  static override args = {
    campaign: Args.string({required: true, ignoreStdin: true, description: 'name of the campaign'}),
  };
  static override flags = {
    csv: Flags.boolean({description: 'comma-separated values, with the parameters of each item', exclusive: ['json']}),
    state: Flags.string({
      options: ['waiting', 'active', 'succeeded', 'failed', 'cancelled'],
      multiple: true,
      description: 'only items in this state (may be repeated)',
    }),
  };

  async run(): Promise<ItemsReport> {
    const {args, flags} = await this.parse(CampaignReportCommand);
    const report = await reportItems(await this.connect(flags.profile), args.campaign, flags.state ?? []);
    if (flags.csv) this.print(report, itemsAsCsv);
    else await this.show(report, renderItems);
    return report;
  }
}
