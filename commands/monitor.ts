import {Flags} from '@oclif/core';
import {goOnWithAct} from '../src/app/runs/monitor/act-job.ts';
import {type MonitorReport, tick} from '../src/app/runs/monitor/monitor.ts';
import {renderMonitor} from '../src/app/runs/monitor/render-monitor.ts';
import {type WaitReport, waitForTransfer} from '../src/app/runs/monitor/wait-job.ts';
import {StageCommand} from '../src/cli/stage-command.ts';
import {EXIT} from '../src/errors.ts';

/** What pbs/wait.sh knows as the end of a transfer that failed: no code of Node.js, of a shell or of another command. */
const TRANSFER_FAILED = 10;

export default class Monitor extends StageCommand {
  static override summary = 'Look once at all runs, and do what is due.';
  static override description =
    `Monitor, launcher and sentinel jobs call this; so may cron, or you. Repeating it, or running
several at once, does nothing twice. Exit code 4 says that PBS or Globus could not be queried, or that
a run is set aside, since what is on record of it is damaged or could have been changed by others.`;
  static override examples = [
    '<%= config.bin %> monitor',
    '<%= config.bin %> monitor --no-chain   # driven by cron: submit no monitor jobs',
  ];
  static override flags = {
    role: Flags.option({
      options: ['monitor', 'launcher', 'sentinel', 'wait', 'act'] as const,
      description: 'the kind of job this runs in',
      hidden: true,
    })(),
    generation: Flags.integer({description: 'the link of the monitor chain this is', hidden: true, min: 1}),
    run: Flags.string({description: 'the run that this job serves', hidden: true, dependsOn: ['role']}),
    of: Flags.string({description: 'the attempt that this job waits for, or goes on with', hidden: true}),
    seconds: Flags.integer({description: 'how long this job may stay', hidden: true, min: 0, dependsOn: ['role']}),
    chain: Flags.boolean({
      default: true,
      allowNo: true,
      description: 'keep a monitor job in the queue while something has to be looked at',
    }),
  };

  async run(): Promise<MonitorReport | WaitReport> {
    const {flags} = await this.parse(Monitor);
    const kind = flags.role ?? 'tick';
    const stage = await this.connect(flags.profile, {process: {kind, run: flags.run ?? flags.of?.split('/')[0]}});
    if (flags.role === 'act' && flags.of !== undefined) {
      const acted = await goOnWithAct(stage, {of: flags.of, seconds: flags.seconds ?? 0});
      process.exitCode = acted.exit;
      await this.say(acted, renderMonitor);
      return acted;
    }
    if (flags.of !== undefined) {
      const waited = await waitForTransfer(stage, {of: flags.of, seconds: flags.seconds ?? 0});
      // Its script must tell a transfer that failed from a node.js that could not begin, which ends with 1.
      process.exitCode = waited.exit === EXIT.failed ? TRANSFER_FAILED : waited.exit;
      await this.say(waited, ({message}) => message);
      return waited;
    }
    const report = await tick(stage, {
      chain: flags.chain,
      run: flags.run,
      inJob: flags.role !== undefined,
      generation: flags.generation,
      seconds: flags.seconds,
    });
    process.exitCode = report.exit;
    await this.say(report, renderMonitor);
    return report;
  }
}
