import {Args, Flags} from '@oclif/core';
import {type ListReport, listCollection} from '../../src/app/places/collections.ts';
import {renderListing, renderListingHead} from '../../src/app/places/render-collections.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class CollectionLs extends StageCommand {
  static override summary = 'List a directory of a collection.';
  static override description =
    `PLACE is collection:path, a collection alone (its default directory), a bookmark, or a path of the cluster that the
profile maps. Names go to stdout, one per line, directories with "/" at the end; everything else goes to stderr.`;
  static override examples = [
    '<%= config.bin %> collection ls theta:/~/data/',
    '<%= config.bin %> collection ls scratch --long',
    '<%= config.bin %> collection ls /lus/eagle/projects/climate/ --match "*.nc" --limit 1000',
  ];
  static override args = {
    place: Args.string({required: true, description: 'collection:path, or another name of a place'}),
  };
  static override flags = {
    long: Flags.boolean({char: 'l', description: 'show permissions, owner, size and time (UTC)'}),
    all: Flags.boolean({char: 'a', description: 'include names that start with a dot'}),
    match: Flags.string({description: 'only names that match this pattern (* and ?)', helpValue: 'PATTERN'}),
    limit: Flags.integer({default: 1000, min: 1, max: 5_000_000, description: 'show at most this many'}),
    offset: Flags.integer({default: 0, min: 0, description: 'skip this many'}),
  };

  async run(): Promise<ListReport> {
    const {args, flags} = await this.parse(CollectionLs);
    const {all: hidden, match, limit, offset} = flags;
    const stage = await this.connect(flags.profile);
    const report = await listCollection(stage, {place: args.place, hidden, match, limit, offset});
    this.note(renderListingHead(report));
    this.print(report, (listing) => renderListing(listing, flags.long).join('\n'));
    return report;
  }
}
