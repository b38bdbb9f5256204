import {Args} from '@oclif/core';
import {type MkdirReport, makeDirectory} from '../../src/app/transfers/transfer-path.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class TransferMkdir extends StageCommand {
  static override summary =
    'Make a directory on a collection, with its parents. An existing directory is not an error.';
  static override examples = ['<%= config.bin %> transfer mkdir theta:/~/results/2026/'];
  static override args = {at: Args.string({required: true, description: 'collection:path'})};

  async run(): Promise<MkdirReport> {
    const {args, flags} = await this.parse(TransferMkdir);
    const report = await makeDirectory(await this.connect(flags.profile), args.at);
    await this.say(report, ({at, made}) => `${at} ${made ? 'was made' : 'exists already'}`);
    return report;
  }
}
