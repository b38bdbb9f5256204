import {Args, Flags} from '@oclif/core';
import {PART_KINDS, type PartReport, runPart} from '../src/app/runs/monitor/part.ts';
import {StageCommand} from '../src/cli/stage-command.ts';
import {RequestWrong} from '../src/errors.ts';

export default class Part extends StageCommand {
  static override hidden = true;
  static override summary = 'Do one kind of the work of a look that may hang; a look starts this for itself.';
  static override examples = ['<%= config.bin %> part housekeeping --seconds 60'];
  static override args = {kind: Args.string({required: true, description: `${PART_KINDS.join(' or ')}`})};
  static override flags = {
    seconds: Flags.integer({default: 60, min: 1, description: 'leave the rest after so long'}),
  };

  async run(): Promise<PartReport> {
    const {args, flags} = await this.parse(Part);
    const kind = PART_KINDS.find((one) => one === args.kind);
    if (!kind)
      throw new RequestWrong(`a look has no part "${args.kind}"`, {next: [`Give one of: ${PART_KINDS.join(', ')}`]});
    const report = await runPart(await this.connect(flags.profile), kind, flags.seconds);
    await this.say(report, ({end}) => end);
    return report;
  }
}
