import {Args, Flags} from '@oclif/core';
import {deletePath} from '../../src/app/transfers/transfer-path.ts';
import type {StartReport} from '../../src/app/transfers/transfer-start.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';
import {notifyFlag} from '../../src/cli/transfer-flags.ts';

export default class TransferDelete extends StageCommand {
  static override summary = 'Delete a file or directory through Globus, and print the task id.';
  static override description =
    `A missing path is not an error. The submission id goes to stderr before Globus is asked: the same command
with --submission-id is never a second task.`;
  static override examples = [
    '<%= config.bin %> transfer delete theta:/~/old.nc',
    'task=$(<%= config.bin %> transfer delete cluster:/scratch/run/ --recursive) && <%= config.bin %> transfer wait "$task"',
  ];
  static override args = {at: Args.string({required: true, description: 'collection:path'})};
  static override flags = {
    recursive: Flags.boolean({description: 'delete a directory and everything in it'}),
    'local-user': Flags.string({
      description: 'local account that the collection acts as, where it maps you to several',
    }),
    notify: notifyFlag(),
    label: Flags.string({description: 'label of the task'}),
    'submission-id': Flags.string({description: 'submission id of an earlier attempt'}),
  };

  async run(): Promise<StartReport> {
    const {args, flags} = await this.parse(TransferDelete);
    const stage = await this.connect(flags.profile);
    const request = {
      at: args.at,
      recursive: flags.recursive,
      localUser: flags['local-user'],
      notify: flags.notify,
      label: flags.label,
      submissionId: flags['submission-id'],
      typed: ['stage', 'transfer', 'delete', ...this.argv],
    };
    const report = await deletePath(stage, request, (id) => this.note(`submission id ${id}`));
    this.print(report, ({task}) => task);
    return report;
  }
}
