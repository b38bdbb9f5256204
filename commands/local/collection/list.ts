import type {LocalStatus} from '../../../src/app/stand-ins/local.ts';
import {listCollections} from '../../../src/app/stand-ins/local-collections.ts';
import {renderLocalCollections} from '../../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class LocalCollectionList extends StageCommand {
  static override summary = 'List the collections of the stand-in: name, id, directory and condition.';
  static override examples = ['<%= config.bin %> local collection list'];

  async run(): Promise<LocalStatus['collections']> {
    await this.parse(LocalCollectionList);
    const collections = await listCollections(await this.standIns());
    await this.say(collections, renderLocalCollections);
    return collections;
  }
}
