import {Args, Flags} from '@oclif/core';
import type {LocalStatus} from '../../src/app/stand-ins/local.ts';
import {setRequirements} from '../../src/app/stand-ins/local-trouble.ts';
import {renderLocal} from '../../src/app/stand-ins/render-local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalRequire extends StageCommand {
  static override summary = 'Make a collection of the stand-in require a consent or a kind of sign-in.';
  static override description =
    'Requests that use it are refused with 403 and the required action, as Globus does, until the consent is given or the sign-in has taken place. Earlier requirements are replaced.';
  static override examples = [
    '<%= config.bin %> local require archive --consent',
    '<%= config.bin %> local require archive --domain uni.example --mfa',
    '<%= config.bin %> local require archive --nothing',
  ];
  static override args = {collection: Args.string({required: true, description: 'name or id'})};
  static override flags = {
    consent: Flags.boolean({default: false, description: 'the data_access consent of mapped collections'}),
    domain: Flags.string({multiple: true, description: 'a sign-in with an identity of this domain'}),
    policy: Flags.string({multiple: true, description: 'a sign-in for this policy (an id)'}),
    mfa: Flags.boolean({default: false, description: 'a sign-in with a second factor'}),
    nothing: Flags.boolean({default: false, description: 'remove all requirements'}),
  };

  async run(): Promise<LocalStatus> {
    const {args, flags} = await this.parse(LocalRequire);
    const {consent, mfa, nothing, domain: domains = [], policy: policies = []} = flags;
    const status = await setRequirements(await this.standIns(), {...args, consent, mfa, nothing, domains, policies});
    await this.say(status, renderLocal);
    return status;
  }
}
