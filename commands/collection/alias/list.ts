import {Flags} from '@oclif/core';
import {type AliasListReport, listAliases} from '../../../src/app/places/collection-alias.ts';
import {renderAliases} from '../../../src/app/places/render-collections.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class CollectionAliasList extends StageCommand {
  static override summary = 'List the friendly names of collections that count, and where each comes from.';
  static override description = 'Globus is not asked.';
  static override examples = [
    '<%= config.bin %> collection alias list',
    '<%= config.bin %> collection alias list --workflow workflow.yaml --json',
  ];
  static override flags = {
    workflow: Flags.string({description: 'with the names of this workflow file, which win', helpValue: 'FILE'}),
  };

  async run(): Promise<AliasListReport> {
    const {flags} = await this.parse(CollectionAliasList);
    const report = await listAliases(await this.connect(flags.profile), flags.workflow);
    await this.say(() => renderAliases(report));
    return report;
  }
}
