import {Args} from '@oclif/core';
import {type BookmarkView, deleteBookmark} from '../../../src/app/places/collection-bookmark.ts';
import {StageCommand} from '../../../src/cli/stage-command.ts';

export default class CollectionBookmarkDelete extends StageCommand {
  static override summary = 'Delete a bookmark at Globus.';
  static override description =
    'The data it points to is kept. Runs that used it are not affected: they have recorded the place.';
  static override examples = [
    '<%= config.bin %> collection bookmark delete input',
    '<%= config.bin %> collection bookmark delete 28297207-8a4f-4246-806f-3358b254ce85 --json',
  ];
  static override args = {bookmark: Args.string({required: true, description: 'name or id of the bookmark'})};

  async run(): Promise<BookmarkView> {
    const {args, flags} = await this.parse(CollectionBookmarkDelete);
    const report = await deleteBookmark(await this.connect(flags.profile), args.bookmark);
    await this.say(
      report,
      ({name, alias, collection, path}) => `The bookmark "${name}" is deleted; it was ${alias ?? collection}:${path}`,
    );
    return report;
  }
}
