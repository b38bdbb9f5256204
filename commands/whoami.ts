import {renderWhoami} from '../src/app/sign-in/render-sign-in.ts';
import {type WhoamiReport, whoami} from '../src/app/sign-in/whoami.ts';
import {collectionsArgs, collectionsFlags, collectionsRequest} from '../src/cli/sign-in-flags.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Whoami extends StageCommand {
  static override summary =
    'Show the Globus identity that stage uses, how it signs in, until when, and which sessions expire.';
  static override description =
    `Collections that limit the age of a sign-in are shown with the time at which it expires: those of the
workflow or the given collections, else those of active runs. A sign-in that may expire before an active transfer
there ends is pointed out. Exit code 3 when one has expired.`;
  static override examples = [
    '<%= config.bin %> whoami',
    '<%= config.bin %> whoami workflow.yaml',
    '<%= config.bin %> whoami --collection scratch --json',
  ];
  static override args = collectionsArgs;
  static override flags = collectionsFlags;

  async run(): Promise<WhoamiReport> {
    const {args, flags} = await this.parse(Whoami);
    const report = await whoami(await this.connect(flags.profile), collectionsRequest(args.workflow, flags));
    process.exitCode = report.exit;
    await this.say(report, renderWhoami);
    return report;
  }
}
