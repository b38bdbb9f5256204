import {Flags} from '@oclif/core';
import {exitOfList, type ListReport, showList} from '../src/app/runs/status/list.ts';
import {renderListReport} from '../src/app/runs/status/render-list.ts';
import {idsFlag, StageCommand} from '../src/cli/stage-command.ts';

export default class List extends StageCommand {
  static override summary = 'List runs, newest last.';
  static override description = 'Reads only the state directory; PBS and Globus are not contacted.';
  static override examples = ['<%= config.bin %> list', '<%= config.bin %> list --state failed --json'];
  static override flags = {
    ids: idsFlag,
    state: Flags.string({
      options: ['active', 'cancelling', 'succeeded', 'failed', 'cancelled', 'unreadable'],
      multiple: true,
      description: 'only runs in this state (may be repeated)',
    }),
  };

  async run(): Promise<ListReport> {
    const {flags} = await this.parse(List);
    const report = showList(await this.connect(flags.profile), flags.state ?? [], flags.ids);
    process.exitCode = exitOfList(report.runs);
    await this.show(report, renderListReport);
    return report;
  }
}
