import {Args, Flags} from '@oclif/core';
import {StageCommand} from '../../src/app/stage-command.ts';
import {type StartReport, startTransfer} from '../../src/app/transfer.ts';

const SYNC = {exists: 0, size: 1, mtime: 2, checksum: 3} as const;

export default class TransferStart extends StageCommand {
  static override summary = 'Start one Globus transfer, and print its task id.';
  static override description =
    `The submission id goes to stderr before Globus is asked. Should the answer be lost, the same command
with --submission-id gives the task that exists, or starts it: never a second one.`;
  static override examples = [
    'task=$(<%= config.bin %> transfer start theta:/~/data/ cluster:/~/data/)',
    '<%= config.bin %> transfer start theta:/~/a.nc cluster:/~/a.nc --sync checksum',
  ];
  static override args = {
    from: Args.string({required: true, description: 'collection:path'}),
    to: Args.string({required: true, description: 'collection:path'}),
  };
  static override flags = {
    recursive: Flags.boolean({
      allowNo: true,
      description: 'move a directory with all it holds [default: when FROM ends in "/"]',
    }),
    label: Flags.string({description: 'label of the task'}),
    sync: Flags.string({options: Object.keys(SYNC), description: 'move only what differs at the destination'}),
    'submission-id': Flags.string({description: 'id of an earlier try'}),
  };

  async run(): Promise<StartReport> {
    const {args, flags} = await this.parse(TransferStart);
    const stage = await this.connect(flags.profile);
    const request = {
      from: args.from,
      to: args.to,
      recursive: flags.recursive,
      label: flags.label,
      sync: flags.sync === undefined ? undefined : SYNC[flags.sync as keyof typeof SYNC], // one of the options above
      submissionId: flags['submission-id'],
    };
    const report = await startTransfer(stage, request, (id) => this.logToStderr(`submission id ${id}`));
    this.log(report.task);
    return report;
  }
}
