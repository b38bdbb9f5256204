import {Flags} from '@oclif/core';
import {type LoginReport, login} from '../src/app/sign-in/login.ts';
import {renderLogin} from '../src/app/sign-in/render-sign-in.ts';
import {collectionsArgs, collectionsFlags, collectionsRequest} from '../src/cli/sign-in-flags.ts';
import {StageCommand} from '../src/cli/stage-command.ts';
import {personAtTerminal} from '../src/cli/terminal-person.ts';

export default class Login extends StageCommand {
  static override summary = 'Sign in to Globus, with the consents that collections require.';
  static override description =
    `The profile says how: as yourself (a page in any browser, whose code you paste here), as a client, or with the
login of the globus CLI. Given a workflow or collections, the consents that they require are requested in the same step.`;
  static override examples = [
    '<%= config.bin %> login',
    '<%= config.bin %> login workflow.yaml',
    '<%= config.bin %> login --collection scratch --collection theta',
    '<%= config.bin %> login --local-server',
    '<%= config.bin %> login --domain example.edu --mfa',
    '<%= config.bin %> login --identity ada@example.edu --json',
  ];
  static override args = collectionsArgs;
  static override flags = {
    ...collectionsFlags,
    'local-server': Flags.boolean({
      description: 'for a browser on this machine: the code is received on a port of localhost',
    }),
    identity: Flags.string({
      multiple: true,
      description: 'sign in with this identity, where a collection requires it (may be repeated)',
    }),
    domain: Flags.string({multiple: true, description: 'sign in with an identity of this domain (may be repeated)'}),
    policy: Flags.string({
      multiple: true,
      description: 'sign in as this policy requires; give its id (may be repeated)',
    }),
    mfa: Flags.boolean({description: 'sign in with a second factor'}),
    scope: Flags.string({
      multiple: true,
      description: 'also consent to this scope, as named in a message of Globus (may be repeated)',
    }),
  };

  async run(): Promise<LoginReport> {
    const {args, flags} = await this.parse(Login);
    const {identity: identities, domain: domains, policy: policies, mfa} = flags;
    const report = await login(
      await this.connect(flags.profile),
      {
        ...collectionsRequest(args.workflow, flags),
        scopes: flags.scope ?? [],
        localServer: flags['local-server'],
        session: {...(identities && {identities}), ...(domains && {domains}), ...(policies && {policies}), mfa},
      },
      personAtTerminal(),
    );
    process.exitCode = report.exit;
    await this.say(report, renderLogin);
    return report;
  }
}
