import {Flags} from '@oclif/core';
import {type LimitsReport, showLimits} from '../src/app/limits/limits.ts';
import {renderLimits} from '../src/app/limits/render-limits.ts';
import {StageCommand} from '../src/cli/stage-command.ts';
import {untilInterrupted} from '../src/cli/until-interrupted.ts';

export default class Limits extends StageCommand {
  static override summary = 'Show who holds slots and space of limits, who waits, since when, and why not yet.';
  static override description =
    `It changes nothing. The exit code is 3 when an entry of a log cannot be read: then nothing is granted
before a person has acted.`;
  static override examples = [
    '<%= config.bin %> limits',
    '<%= config.bin %> limits --watch',
    '<%= config.bin %> limits --json',
  ];
  static override flags = {
    watch: Flags.boolean({
      char: 'w',
      description: 'show them again and again; Ctrl-C ends the watching',
      exclusive: ['json'],
    }),
  };

  async run(): Promise<LimitsReport> {
    const {flags} = await this.parse(Limits);
    const stage = await this.connect(flags.profile);
    const show = async () => {
      const report = showLimits(stage);
      process.exitCode = report.exit;
      await this.show(report, renderLimits);
      return report;
    };
    if (!flags.watch) return show();
    return untilInterrupted(show, stage.profile.monitor.minMs);
  }
}
