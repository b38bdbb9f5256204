import {type BookmarkListReport, listBookmarks} from '../../../src/app/places/collection-bookmark.ts';
import {renderBookmarks} from '../../../src/app/places/render-collections.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class CollectionBookmarkList extends StageCommand {
  static override summary = 'List your bookmarks at Globus.';
  static override description =
    'They are those of the web app and of the globus CLI, too. A bookmark can stand in place of a collection: NAME:path goes on from it.';
  static override examples = [
    '<%= config.bin %> collection bookmark list',
    '<%= config.bin %> collection bookmark list --json',
  ];

  async run(): Promise<BookmarkListReport> {
    const {flags} = await this.parse(CollectionBookmarkList);
    const report = await listBookmarks(await this.connect(flags.profile));
    await this.say(() => renderBookmarks(report));
    return report;
  }
}
