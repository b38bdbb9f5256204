import {Args, Flags} from '@oclif/core';
import {type AliasSetReport, setAlias} from '../../../src/app/places/collection-alias.ts';
import {renderAliasSet} from '../../../src/app/places/render-collections.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class CollectionAliasSet extends StageCommand {
  static override summary = 'Give a collection a friendly name.';
  static override description =
    `The name is written to the configuration for all profiles, or where a flag says. The rest of the file is kept,
with its comments. Globus is queried whether the collection exists.`;
  static override examples = [
    '<%= config.bin %> collection alias set theta 08925f04-569f-11e7-bef8-22000b9a448b',
    '<%= config.bin %> collection alias set tutorial "Globus Tutorial Collection 1" --for-profile',
    '<%= config.bin %> collection alias set theta theta --workflow workflow.yaml',
  ];
  static override args = {
    name: Args.string({required: true, description: 'letters, digits, "_" and "-"'}),
    collection: Args.string({required: true, description: 'id, another friendly name, bookmark, or name at Globus'}),
  };
  static override flags = {
    'for-profile': Flags.boolean({description: 'for the chosen profile only'}),
    workflow: Flags.string({description: 'under collections: of this workflow file', helpValue: 'FILE'}),
    force: Flags.boolean({description: 'replace a name that is in use for another collection'}),
    offline: Flags.boolean({description: 'do not contact Globus'}),
  };

  async run(): Promise<AliasSetReport> {
    const {args, flags} = await this.parse(CollectionAliasSet);
    const {workflow, force, offline} = flags;
    const request = {...args, forProfile: flags['for-profile'], workflow, force, offline};
    const report = await setAlias(await this.connect(flags.profile), request);
    await this.say(report, renderAliasSet);
    return report;
  }
}
