import {Args, Flags} from '@oclif/core';
import {type InitReport, initProfile} from '../../src/app/site/profile-init.ts';
import {renderInit} from '../../src/app/site/render-site.ts';
import {readInitFlags} from '../../src/cli/profile-flags.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class ProfileInit extends StageCommand {
  static override summary = 'Describe this site: write a profile into the configuration file.';
  static override description =
    `In a terminal it asks for what flags do not say. Without a terminal, give --yes or all values as flags. PBS is queried (qstat -B, qstat -Q) to propose queues and limits.
The rest of the file is kept, with its comments. An existing profile is replaced only with --force.`;
  static override examples = [
    '<%= config.bin %> profile init cluster',
    '<%= config.bin %> profile init polaris --account climate --resource filesystems=home:eagle --staging-queue preemptable',
    '<%= config.bin %> profile init gadi --queue normal --project ab12 --staging-queue copyq --setup "module load nodejs" --yes',
  ];
  static override args = {name: Args.string({required: true, description: 'name of the new profile'})};
  static override flags = {
    queue: Flags.string({description: 'queue of compute jobs'}),
    account: Flags.string({description: 'account of all jobs (qsub -A)'}),
    project: Flags.string({description: 'project of all jobs (qsub -P)'}),
    resource: Flags.string({multiple: true, description: 'NAME=VALUE that every job must name (may be repeated)'}),
    extra: Flags.string({multiple: true, description: 'further qsub argument of every job (may be repeated)'}),
    select: Flags.string({
      description: "select of compute jobs, unless the workflow says it; overrides the script's own line",
    }),
    walltime: Flags.string({
      description: "walltime of compute jobs, unless the workflow says it; overrides the script's own line",
    }),
    'staging-queue': Flags.string({description: 'queue of the short jobs that look after transfers'}),
    'staging-select': Flags.string({description: 'their select'}),
    'staging-walltime': Flags.string({description: 'their walltime'}),
    'node-property': Flags.string({description: 'property of the nodes they need, such as dtn or host=dtn01'}),
    network: Flags.boolean({allowNo: true, description: 'whether those jobs may reach the network'}),
    setup: Flags.string({
      multiple: true,
      description: 'shell line that makes node available in a job (may be repeated)',
    }),
    'https-proxy': Flags.string({description: 'proxy for HTTPS'}),
    'no-proxy': Flags.string({description: 'hosts reached without the proxy, separated by commas'}),
    'max-queued': Flags.integer({min: 1, description: 'maximum number of our jobs in the queue'}),
    strategy: Flags.string({
      options: ['monitor', 'wait'],
      description: 'short monitor jobs, or one long job that waits',
    }),
    'wait-walltime': Flags.string({description: 'walltime of the job that waits'}),
    credentials: Flags.string({description: 'file with the Globus client id and secret'}),
    collection: Flags.string({multiple: true, description: 'NAME=ID of a collection (may be repeated)'}),
    path: Flags.string({
      multiple: true,
      description: 'DIRECTORY=COLLECTION:PATH, where a collection shows a directory of the cluster (may be repeated)',
    }),
    bin: Flags.string({description: 'directory of the PBS commands [default: your PATH]'}),
    default: Flags.boolean({description: 'make it the default profile [default: when it is the first]'}),
    force: Flags.boolean({description: 'replace a profile of that name'}),
    yes: Flags.boolean({char: 'y', description: 'ask nothing: use what flags and PBS say'}),
    'dry-run': Flags.boolean({description: 'show what would be written; write nothing'}),
  };

  async run(): Promise<InitReport> {
    const {args, flags} = await this.parse(ProfileInit);
    const request = {
      name: args.name,
      given: readInitFlags(flags),
      force: flags.force,
      makeDefault: flags.default,
      dryRun: flags['dry-run'],
      unasked: flags.yes,
    };
    const people = process.stdin.isTTY && process.stderr.isTTY && !flags.yes && !this.jsonEnabled();
    const terminal = people ? (await import('../../src/cli/ask-terminal.ts')).askInTerminal() : undefined;
    try {
      const report = await initProfile(request, await this.openSite(), terminal?.ask);
      await this.say(report, renderInit);
      return report;
    } finally {
      terminal?.close();
    }
  }
}
