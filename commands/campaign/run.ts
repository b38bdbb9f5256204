import {Args, Flags} from '@oclif/core';
import {type CampaignReport, renderCampaignReport, runCampaign} from '../../src/app/campaigns/run-campaign.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class CampaignRun extends StageCommand {
  static override summary = 'Start a campaign: one run of a workflow for each item; or add to the one that exists.';
  static override description =
    `A campaign is identified by its name, and its items by their keys. Repeating the command is safe at any time:
new items are added, and what is on record is left alone. Every item is checked before anything is created.`;
  static override examples = [
    '<%= config.bin %> campaign run many.yaml --dry-run',
    '<%= config.bin %> campaign run many.yaml',
    '<%= config.bin %> campaign run many.yaml --update   # max_active was raised, or the script was fixed',
    '<%= config.bin %> campaign run many.yaml --changed  # inputs were made anew',
  ];
  static override args = {
    file: Args.string({required: true, ignoreStdin: true, description: 'campaign file (YAML)'}),
  };
  static override flags = {
    'dry-run': Flags.boolean({description: 'check all of it and say what would be done; change nothing'}),
    update: Flags.boolean({description: 'let items that have not begun do what the files say now'}),
    changed: Flags.boolean({description: 'run items again whose inputs have changed since they were listed'}),
    check: Flags.boolean({
      allowNo: true,
      default: true,
      description: 'check with PBS and Globus whether the first run of a new campaign can work',
    }),
  };

  async run(): Promise<CampaignReport> {
    const {args, flags} = await this.parse(CampaignRun);
    const report = await runCampaign(await this.connect(flags.profile), {
      file: args.file,
      dryRun: flags['dry-run'],
      update: flags.update,
      changed: flags.changed,
      check: flags.check,
    });
    process.exitCode = report.exit;
    await this.say(report, renderCampaignReport);
    return report;
  }
}
