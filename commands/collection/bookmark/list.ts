import {type BookmarkListReport, listBookmarks} from '../../../src/app/places/collection-bookmark.ts';
import {renderBookmarks} from '../../../src/app/places/render-collections.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class CollectionBookmarkList extends StageCommand {
  static override summary = 'List your bookmarks at Globus.';
  static override description =
    'These are the bookmarks of the web app and the globus CLI. A bookmark can be used in place of a collection: NAME:path is relative to it.';
  static override examples = [
    '<%= config.bin %> collection bookmark list',
    '<%= config.bin %> collection bookmark list --json',
  ];

  async run(): Promise<BookmarkListReport> {
    const {flags} = await this.parse(CollectionBookmarkList);
    const report = await listBookmarks(await this.connect(flags.profile));
    await this.say(report, renderBookmarks);
    return report;
  }
}
