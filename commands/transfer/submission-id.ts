import {newSubmissionId, type SubmissionIdReport} from '../../src/app/transfers/transfer-path.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class TransferSubmissionId extends StageCommand {
  static override summary = 'Print a fresh submission id, for "transfer start" and "transfer delete".';
  static override description =
    'A script that stores the id before it starts the transfer can repeat the start at any time: the same id always means the same task.';
  static override examples = [
    '<%= config.bin %> transfer submission-id > in.id && <%= config.bin %> transfer start theta:/~/a/ cluster:/~/a/ --submission-id "$(cat in.id)"',
  ];

  async run(): Promise<SubmissionIdReport> {
    const {flags} = await this.parse(TransferSubmissionId);
    const report = await newSubmissionId(await this.connect(flags.profile));
    await this.say(report, ({submissionId}) => submissionId);
    return report;
  }
}
