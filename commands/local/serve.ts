import {Flags} from '@oclif/core';
import {type ServeReport, serveLocal} from '../../src/app/stand-ins/local-serve.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalServe extends StageCommand {
  static override summary = 'Run the stand-ins in the foreground until Ctrl-C, and show what is asked of Globus.';
  static override description =
    'For people who develop other Globus clients. The environment that points a client at it goes to standard output, one line a request to standard error, without tokens. The same files, collections and credentials as with "stage local up".';
  static override examples = [
    '<%= config.bin %> local serve',
    '<%= config.bin %> local serve --globus --port 8123 --collection data=/tmp/data',
  ];
  static override flags = {
    globus: Flags.boolean({default: false, description: 'Globus alone, without PBS'}),
    port: Flags.integer({min: 0, max: 65_535, description: 'port of Globus; 0: any that is free'}),
    collection: Flags.string({
      multiple: true,
      default: [],
      helpValue: 'NAME=DIRECTORY',
      description: 'a directory to serve as a collection (may be repeated)',
    }),
    'with-credentials': Flags.boolean({
      default: false,
      description: "also print the stand-in's client id and secret, as the globus CLI reads them",
    }),
  };

  async run(): Promise<ServeReport> {
    const {flags} = await this.parse(LocalServe);
    return serveLocal(
      await this.standIns(),
      {
        globusAlone: flags.globus,
        port: flags.port,
        collections: flags.collection,
        withCredentials: flags['with-credentials'],
      },
      {print: (line) => this.log(line), show: (line) => this.logToStderr(line)},
    );
  }
}
