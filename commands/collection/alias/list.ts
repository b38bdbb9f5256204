import {Flags} from '@oclif/core';
import {type AliasListReport, listAliases} from '../../../src/app/places/collection-alias.ts';
import {renderAliases} from '../../../src/app/places/render-collections.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class CollectionAliasList extends StageCommand {
  static override summary = 'List the friendly names of collections in effect, and where each is defined.';
  static override description = 'Globus is not contacted.';
  static override examples = [
    '<%= config.bin %> collection alias list',
    '<%= config.bin %> collection alias list --workflow workflow.yaml --json',
  ];
  static override flags = {
    workflow: Flags.string({
      description: 'include the names of this workflow file, which take precedence',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<AliasListReport> {
    const {flags} = await this.parse(CollectionAliasList);
    const report = await listAliases(await this.connect(flags.profile), flags.workflow);
    await this.say(report, renderAliases);
    return report;
  }
}
