import {type CheckReport, checkWorkflowFile} from '../src/app/check.ts';
import {StageCommand} from '../src/app/stage-command.ts';
import {workflowArgs, workflowFlags, workflowRequest} from '../src/app/workflow-flags.ts';
import {renderCheck} from '../src/report/render-check.ts';

export default class Check extends StageCommand {
  static override summary = 'Check a workflow, and show what "stage run" would do. Changes nothing.';
  static override examples = [
    '<%= config.bin %> check workflow.yaml',
    '<%= config.bin %> check --stage-in theta:/~/d/=cluster:/~/d/ --job compute.sh',
  ];
  static override args = workflowArgs;
  static override flags = workflowFlags;

  async run(): Promise<CheckReport> {
    const {args, flags} = await this.parse(Check);
    const report = await checkWorkflowFile(await this.connect(flags.profile), workflowRequest(args.workflow, flags));
    this.say(() => renderCheck(report));
    return report;
  }
}
