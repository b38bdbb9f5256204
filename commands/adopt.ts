import {Args, Flags} from '@oclif/core';
import {type AdoptReport, adoptTask} from '../src/app/runs/adopt/adopt.ts';
import {renderRunReport} from '../src/app/runs/run/render-run-report.ts';
import {StageCommand} from '../src/cli/stage-command.ts';
import {RequestWrong} from '../src/errors.ts';

export default class Adopt extends StageCommand {
  static override summary = 'Let an existing Globus task do the work of a transfer step of a run.';
  static override description =
    `From then on it is the step's task, whether it is active, paused, succeeded or failed. The task must
belong to you and move what the step says; --force adopts it anyway. Globus reports what a task moved
only when it has ended: a task that is still active is compared then, before the step succeeds. --find
searches by the label that stage gives its tasks, and by the collections between which they move data.`;
  static override examples = [
    '<%= config.bin %> adopt climate-ens stage-in 0f528ce0-493c-4fa7-acaf-f5d97d9812a4',
    '<%= config.bin %> adopt climate-ens stage-in --find',
  ];
  static override args = {
    run: Args.string({required: true, description: 'name of the run'}),
    step: Args.string({required: true, description: 'a transfer step of it'}),
    task: Args.string({ignoreStdin: true, description: 'task id; leave it out with --find'}),
  };
  static override flags = {
    find: Flags.boolean({default: false, description: 'search for the task'}),
    force: Flags.boolean({default: false, description: 'adopt the task even if it does not move what the step says'}),
  };

  async run(): Promise<AdoptReport> {
    const {args, flags} = await this.parse(Adopt);
    if ((args.task === undefined) !== flags.find)
      throw new RequestWrong(flags.find ? 'a task and --find were both given' : 'no task was named', {
        next: ['Name the task, or search for it with --find.'],
      });
    const {run, step, task} = args;
    const report = await adoptTask(await this.connect(flags.profile), {run, step, task, force: flags.force});
    process.exitCode = report.exit;
    await this.show(report, renderRunReport);
    return report;
  }
}
