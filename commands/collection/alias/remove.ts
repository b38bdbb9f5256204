import {Args, Flags} from '@oclif/core';
import {type AliasRemoveReport, removeAlias} from '../../../src/app/places/collection-alias.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class CollectionAliasRemove extends StageCommand {
  static override summary = 'Remove a friendly name of a collection.';
  static override description = 'Runs that used the name are not affected: they have recorded the id.';
  static override examples = [
    '<%= config.bin %> collection alias remove theta',
    '<%= config.bin %> collection alias remove theta --workflow workflow.yaml --json',
  ];
  static override args = {name: Args.string({required: true, description: 'the friendly name'})};
  static override flags = {
    'for-profile': Flags.boolean({description: 'from the chosen profile, if it is defined there'}),
    workflow: Flags.string({description: 'from collections: of this workflow file', helpValue: 'FILE'}),
  };

  async run(): Promise<AliasRemoveReport> {
    const {args, flags} = await this.parse(CollectionAliasRemove);
    const request = {name: args.name, forProfile: flags['for-profile'], workflow: flags.workflow};
    const report = await removeAlias(await this.connect(flags.profile), request);
    await this.say(report, ({name, file, collection}) => `${name} was removed from ${file}; it was ${collection}.`);
    return report;
  }
}
