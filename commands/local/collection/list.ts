import {steer} from '../../../src/app/local.ts';
import {StageCommand} from '../../../src/app/stage-command.ts';
import type {LocalStatus} from '../../../src/local/control.ts';
import {renderLocalCollections} from '../../../src/report/render-local.ts';

export default class LocalCollectionList extends StageCommand {
  static override summary = 'List the collections of the stand-in: name, id, directory, and what is the matter there.';
  static override examples = ['<%= config.bin %> local collection list'];

  async run(): Promise<LocalStatus['collections']> {
    await this.parse(LocalCollectionList);
    const {collections} = (await steer({do: 'status'})).status;
    this.say(() => renderLocalCollections(collections));
    return collections;
  }
}
