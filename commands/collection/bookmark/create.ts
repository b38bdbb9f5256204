import {Args} from '@oclif/core';
import {type BookmarkView, createBookmark} from '../../../src/app/places/collection-bookmark.ts';
import {renderBookmarks} from '../../../src/app/places/render-collections.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class CollectionBookmarkCreate extends StageCommand {
  static override summary = 'Bookmark a place at Globus.';
  static override description =
    'The bookmark belongs to your Globus identity, and is available wherever you sign in with it.';
  static override examples = [
    '<%= config.bin %> collection bookmark create input theta:/~/data/',
    '<%= config.bin %> collection bookmark create results /lus/eagle/projects/climate/results/ --json',
  ];
  static override args = {
    name: Args.string({required: true, description: 'name of the bookmark'}),
    place: Args.string({required: true, description: 'collection:path, or a path of the cluster'}),
  };

  async run(): Promise<BookmarkView> {
    const {args, flags} = await this.parse(CollectionBookmarkCreate);
    const report = await createBookmark(await this.connect(flags.profile), args.name, args.place);
    await this.say({bookmarks: [report]}, renderBookmarks);
    return report;
  }
}
