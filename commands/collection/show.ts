import {Args} from '@oclif/core';
import {type CollectionView, showCollection} from '../../src/app/places/collections.ts';
import {renderCollection} from '../../src/app/places/render-collections.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class CollectionShow extends StageCommand {
  static override summary = 'Show what Globus reports about a collection.';
  static override description =
    'A collection is found by its friendly name, its id, one of your bookmarks, or the name that it has at Globus, in this order.';
  static override examples = [
    '<%= config.bin %> collection show theta',
    '<%= config.bin %> collection show "Globus Tutorial Collection 1" --json',
  ];
  static override args = {
    collection: Args.string({required: true, description: 'friendly name, id, bookmark, or name at Globus'}),
  };

  async run(): Promise<CollectionView> {
    const {args, flags} = await this.parse(CollectionShow);
    const report = await showCollection(await this.connect(flags.profile), args.collection);
    await this.say(report, renderCollection);
    return report;
  }
}
