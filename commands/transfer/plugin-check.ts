import {Args, Flags} from '@oclif/core';
import {renderFindings} from '../../src/app/shared/findings.ts';
import {checkPlugin, type PluginCheckReport} from '../../src/app/transfers/plugin-check.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class TransferPluginCheck extends StageCommand {
  static override summary =
    'Check a program of the site that moves data (via: command). Exit code 1 when it breaks a promise.';
  static override description =
    `Each promise of docs/transfer-plugins.md is tried on the program: it moves one file, some times, and
leaves the copies: TO with .1 to .4 behind it.`;
  static override examples = [
    '<%= config.bin %> transfer plugin-check /opt/site/bin/mover archive:/data/small /scratch/me/check',
  ];
  static override args = {
    program: Args.string({required: true, description: 'path of the program'}),
    from: Args.string({required: true, description: 'a file that is there: HOST:PATH, or a path of the cluster'}),
    to: Args.string({required: true, description: 'where its copies go: HOST:PATH, or a path of the cluster'}),
  };
  static override flags = {
    timeout: Flags.integer({default: 300, min: 1, description: 'seconds that one transfer may take'}),
  };

  async run(): Promise<PluginCheckReport> {
    const {args, flags} = await this.parse(TransferPluginCheck);
    const {program, from, to} = args;
    const stage = await this.connect(flags.profile);
    const report = await checkPlugin(stage, {program, from, to, timeoutMs: 1000 * flags.timeout});
    process.exitCode = report.exit;
    await this.say(report.findings, (findings) => renderFindings(findings).join('\n'));
    return report;
  }
}
