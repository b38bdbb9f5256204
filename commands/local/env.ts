import {Flags} from '@oclif/core';
import {type EnvReport, localEnvironment} from '../../src/app/stand-ins/local.ts';
import {shellQuote} from '../../src/base/shell.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalEnv extends StageCommand {
  static override summary =
    'Print the environment variables that point qsub, qstat and Globus clients at the stand-ins.';
  static override examples = [
    'eval "$(<%= config.bin %> local env)"',
    'eval "$(<%= config.bin %> local env --with-credentials)"   # also signs the globus CLI in',
  ];
  static override flags = {
    'with-credentials': Flags.boolean({
      description: 'include the client id and secret of the stand-in, as the globus CLI reads them',
    }),
  };

  async run(): Promise<EnvReport> {
    const {flags} = await this.parse(LocalEnv);
    const report = await localEnvironment(await this.standIns(), flags['with-credentials']);
    const entries = Object.entries(report.environment);
    this.forShell(...entries.map(([name, value]) => `export ${name}=${shellQuote(value)}`));
    return report;
  }
}
