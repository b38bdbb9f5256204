import {Args} from '@oclif/core';
import {renderWhy} from '../src/app/runs/why/render-why.ts';
import {explainWhy, type WhyReport} from '../src/app/runs/why/why.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class Why extends StageCommand {
  static override summary = 'Explain why steps do not proceed, and what to do about it.';
  static override description =
    `A transfer that is queued, paused, faulting or waiting for a sign-in; a job that is held, waits for another
one or for room in its queue; a pause before a retry; a hold set by hand. Each with the command to type next.`;
  static override examples = [
    '<%= config.bin %> why climate-ens',
    '<%= config.bin %> why climate-ens stage-in',
    '<%= config.bin %> why climate-ens --json',
  ];
  static override args = {
    run: Args.string({required: true, description: 'name of the run'}),
    step: Args.string({description: 'only this step, even when nothing is wrong with it'}),
  };

  async run(): Promise<WhyReport> {
    const {args, flags} = await this.parse(Why);
    const report = await explainWhy(await this.connect(flags.profile), {run: args.run, step: args.step});
    process.exitCode = report.exit;
    await this.show(report, renderWhy);
    return report;
  }
}
