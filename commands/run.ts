import {Flags} from '@oclif/core';
import {renderRunReport} from '../src/app/runs/run/render-run-report.ts';
import {runWorkflow} from '../src/app/runs/run/run.ts';
import type {RunReport} from '../src/app/runs/run/run-report.ts';
import {StageCommand} from '../src/cli/stage-command.ts';
import {watchRun} from '../src/cli/watch-run.ts';
import {workflowArgs, workflowFlags, workflowRequest} from '../src/cli/workflow-flags.ts';

export default class Run extends StageCommand {
  static override summary = 'Start a workflow, or repair and report its existing run.';
  static override description =
    `A run is identified by its name. Repeating the command is safe at any time: what was submitted is not
submitted again, what is missing is submitted, and a run that has ended is left alone.
Before a new run is created, PBS and Globus are queried whether it can work, as by "stage check"; if it cannot,
nothing is created.`;
  static override examples = [
    '<%= config.bin %> run workflow.yaml',
    '<%= config.bin %> run workflow.yaml --param year=2024 --name climate-2024 --wait',
    '<%= config.bin %> run workflow.yaml --update   # compute.sh was fixed while the data was moving',
    '<%= config.bin %> run workflow.yaml --no-check   # the source appears later',
    '<%= config.bin %> run workflow.yaml --adopt stage-in=0f528ce0-493c-4fa7-acaf-f5d97d9812a4',
    '<%= config.bin %> run workflow.yaml --adopt stage-in=find   # after the state directory was lost',
    '<%= config.bin %> run --stage-in theta:/~/data/=cluster:/~/in/ --job compute.sh --stage-out cluster:/~/results/=theta:/~/results/ --cleanup cleanup.sh',
  ];
  static override args = workflowArgs;
  static override flags = {
    ...workflowFlags,
    adopt: Flags.string({
      multiple: true,
      description: 'existing task that does the work of a transfer; "find" searches for it (may be repeated)',
      helpValue: '[STEP=]TASK_ID|find',
    }),
    again: Flags.boolean({description: 'start a new run although one of this name has ended', exclusive: ['update']}),
    update: Flags.boolean({
      description: 'change steps of the run that have not begun, or failed, to what the workflow says now',
    }),
    check: Flags.boolean({
      allowNo: true,
      default: true,
      description: 'check with PBS and Globus whether a new run can work',
    }),
    'confirm-delete': Flags.boolean({
      description: 'confirm that delete_extra of the workflow may delete files',
    }),
    wait: Flags.boolean({
      char: 'w',
      description: 'watch until the run has ended; Ctrl-C stops the watching, not the run',
    }),
  };

  async run(): Promise<RunReport> {
    const {args, flags} = await this.parse(Run);
    const stage = await this.connect(flags.profile);
    const report = await runWorkflow(stage, {
      ...workflowRequest(args.workflow, flags),
      again: flags.again,
      update: flags.update,
      adopt: flags.adopt ?? [],
      check: flags.check,
      confirmDelete: flags['confirm-delete'],
    });
    process.exitCode = report.exit;
    if (!flags.wait || report.run.endedAt !== undefined) {
      await this.show(report, renderRunReport);
      return report;
    }
    this.note(report.message);
    const {report: last, left} = await watchRun(stage, report.run.run, {
      quiet: this.jsonEnabled(),
      style: (stream) => this.style(stream),
    });
    const run = last.runs[0] ?? report.run;
    const message = left
      ? `${run.run} continues by itself; see it with: stage status ${run.run}`
      : `${run.run} has ${run.state === 'cancelled' ? 'been cancelled' : run.state}`;
    const watched = {...report, message, run, problems: last.problems, exit: last.exit};
    process.exitCode = last.exit;
    await this.show(watched, renderRunReport);
    return watched;
  }
}
