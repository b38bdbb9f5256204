import {Flags} from '@oclif/core';
import {type ServeReport, serveLocal} from '../../src/app/stand-ins/local-serve.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalServe extends StageCommand {
  static override summary = 'Run the stand-ins in the foreground until Ctrl-C, and show each request to Globus.';
  static override description =
    'For developers of other Globus clients. The environment variables for a client go to standard output; one line per request goes to standard error, without tokens. Files, collections and credentials are those of "stage local up".';
  static override examples = [
    '<%= config.bin %> local serve',
    '<%= config.bin %> local serve --globus --port 8123 --collection data=/tmp/data',
  ];
  static override flags = {
    globus: Flags.boolean({default: false, description: 'Globus alone, without PBS'}),
    port: Flags.integer({min: 0, max: 65_535, description: 'port of Globus; 0 chooses a free one'}),
    collection: Flags.string({
      multiple: true,
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
        collections: flags.collection ?? [],
        withCredentials: flags['with-credentials'],
      },
      {print: (line) => this.forShell(line), show: (line) => this.note(line)},
    );
  }
}
