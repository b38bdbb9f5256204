import {renderWhoami} from '../src/app/sign-in/render-sign-in.ts';
import {type WhoamiReport, whoami} from '../src/app/sign-in/whoami.ts';
import {collectionsArgs, collectionsFlags, collectionsRequest} from '../src/cli/sign-in-flags.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Whoami extends StageCommand {
  static override summary = 'Show who stage acts as at Globus, how, until when, and which sessions run out.';
  static override description =
    `Collections with a say in how old a sign-in may be are shown with the time at which it runs out: those of
the workflow or the collections given, else of the runs that are under way. It says which run out before the
transfers under way there could end. Exit 3 when one has run out.`;
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
    await this.say(() => renderWhoami(report));
    return report;
  }
}
