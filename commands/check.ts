import {Flags} from '@oclif/core';
import {type CheckReport, checkWorkflowFile} from '../src/app/check/check.ts';
import {renderCheck} from '../src/app/check/render-check.ts';
import {StageCommand} from '../src/cli/stage-command.ts';
import {workflowArgs, workflowFlags, workflowRequest} from '../src/cli/workflow-flags.ts';

export default class Check extends StageCommand {
  static override summary = 'Check a workflow, and show what "stage run" would do. Changes nothing.';
  static override description =
    `PBS is queried for its queues and limits, and Globus for the collections, your sign-in and consents, and
whether each source exists. With --probe, a directory is made and deleted at each destination.`;
  static override examples = [
    '<%= config.bin %> check workflow.yaml',
    '<%= config.bin %> check workflow.yaml --offline',
    '<%= config.bin %> check workflow.yaml --probe',
    '<%= config.bin %> check --stage-in theta:/~/d/=cluster:/~/d/ --job compute.sh',
  ];
  static override args = workflowArgs;
  static override flags = {
    ...workflowFlags,
    offline: Flags.boolean({description: 'check only the workflow and its scripts; do not contact PBS or Globus'}),
    probe: Flags.boolean({
      description: 'test whether each destination can be written, by making and deleting a directory there',
    }),
  };

  async run(): Promise<CheckReport> {
    const {args, flags} = await this.parse(Check);
    const request = {...workflowRequest(args.workflow, flags), offline: flags.offline, probe: flags.probe};
    const report = await checkWorkflowFile(await this.connect(flags.profile), request);
    process.exitCode = report.exit;
    await this.say(report, renderCheck);
    return report;
  }
}
