import {Args, Flags} from '@oclif/core';
import {SCOPES, type SearchReport, searchCollections} from '../../src/app/places/collections.ts';
import {renderSearch} from '../../src/app/places/render-collections.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class CollectionSearch extends StageCommand {
  static override summary = 'Search for Globus collections.';
  static override description =
    'Names, descriptions, organizations and keywords are searched. Give a collection a name of your own with "stage collection alias set".';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> collection search climate data',
    '<%= config.bin %> collection search --scope my-endpoints',
    '<%= config.bin %> collection search tutorial --limit 100 --offset 100 --json',
  ];
  static override args = {words: Args.string({description: 'words to look for', ignoreStdin: true})};
  static override flags = {
    scope: Flags.string({options: [...SCOPES], default: 'all', description: 'which collections are searched'}),
    limit: Flags.integer({default: 25, min: 1, max: 1000, description: 'show at most this many'}),
    offset: Flags.integer({default: 0, min: 0, max: 999, description: 'skip this many'}),
  };

  async run(): Promise<SearchReport> {
    const {argv, flags} = await this.parse(CollectionSearch);
    const text = argv.length > 0 ? argv.join(' ') : undefined;
    const scope = SCOPES.find((one) => one === flags.scope) ?? 'all';
    const {limit, offset} = flags;
    const report = await searchCollections(await this.connect(flags.profile), {text, scope, limit, offset});
    await this.say(report, renderSearch);
    return report;
  }
}
