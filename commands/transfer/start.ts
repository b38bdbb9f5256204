import {Args, Flags} from '@oclif/core';
import {type StartReport, startTransfer} from '../../src/app/transfers/transfer-start.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';
import {transferFlags, writtenTransfer} from '../../src/cli/transfer-flags.ts';

export default class TransferStart extends StageCommand {
  static override summary = 'Start one Globus transfer, and print its task id.';
  static override description =
    `The submission id is printed to stderr before the request. If the answer is lost, the same command with
--submission-id gives the existing task or starts it, and never creates a second one.
A batch has one SOURCE DEST pair per line, as "globus transfer --batch" reads it: quotes around paths with blanks, -r or
--recursive for directories, --external-checksum and --checksum-algorithm, comments after "#". Relative paths are taken
from FROM and TO, which then end in "/".`;
  static override examples = [
    'task=$(<%= config.bin %> transfer start theta:/~/data/ cluster:/~/data/)',
    '<%= config.bin %> transfer start theta:/~/a.nc cluster:/~/a.nc --sync checksum',
    "<%= config.bin %> transfer start theta:/~/data/ cluster:/~/data/ --filter 'include:file=*.nc' --filter 'exclude:file=*'",
    '<%= config.bin %> transfer start theta:/~/data/ cluster:/~/data/ --batch files.txt --skip-source-errors',
    'find . -name "*.nc" -printf "%P %P\\n" | <%= config.bin %> transfer start laptop:/~/run/ theta:/~/run/ --batch -',
  ];
  static override args = {
    from: Args.string({required: true, description: 'collection:path'}),
    to: Args.string({required: true, description: 'collection:path'}),
  };
  static override flags = {
    ...transferFlags,
    label: Flags.string({description: 'label of the task'}),
    'submission-id': Flags.string({description: 'submission id of an earlier attempt'}),
  };

  async run(): Promise<StartReport> {
    const {args, flags} = await this.parse(TransferStart);
    const stage = await this.connect(flags.profile);
    const request = {
      transfer: writtenTransfer(args, flags),
      filters: flags.filter ?? [],
      batch: flags.batch,
      label: flags.label,
      submissionId: flags['submission-id'],
      typed: ['stage', 'transfer', 'start', ...this.argv],
    };
    const report = await startTransfer(stage, request, (id) => this.note(`submission id ${id}`));
    this.print(report, ({task}) => task);
    return report;
  }
}
