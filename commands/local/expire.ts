import {Args, Flags} from '@oclif/core';
import type {LocalStatus} from '../../src/app/stand-ins/local.ts';
import {expire} from '../../src/app/stand-ins/local-trouble.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalExpire extends StageCommand {
  static override summary = 'Expire credentials of the stand-in Globus: those of collections, or access tokens.';
  static override description =
    'Tasks on the collection become INACTIVE, and nothing new is done there, until "stage local renew".';
  static override examples = [
    '<%= config.bin %> local expire archive',
    '<%= config.bin %> local expire            # every collection',
    '<%= config.bin %> local expire --tokens   # every access token issued so far',
  ];
  static override args = {
    collection: Args.string({ignoreStdin: true, description: 'name or id; all collections if not given'}),
  };
  static override flags = {
    tokens: Flags.boolean({
      default: false,
      description: 'every access token issued so far; no collection unless one is named',
    }),
  };

  async run(): Promise<LocalStatus> {
    const {args, flags} = await this.parse(LocalExpire);
    const status = await expire(await this.standIns(), {collection: args.collection, tokens: flags.tokens});
    await this.say(status, renderLocal);
    return status;
  }
}
