import {type CodeReport, signInCode} from '../../src/app/stand-ins/local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalCode extends StageCommand {
  static override summary = 'Print the code that the sign-in page of the stand-in Globus asks for.';
  static override description =
    'Every user of this machine can open the page. The code lies in a file that only you can read; it stays the same until the file is deleted.';
  static override examples = ['<%= config.bin %> local code'];

  async run(): Promise<CodeReport> {
    await this.parse(LocalCode);
    const report = await signInCode(await this.standIns());
    this.print(report, ({code}) => code);
    return report;
  }
}
