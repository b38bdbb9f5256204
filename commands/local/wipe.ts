import {steer} from '../../src/app/stand-ins/local.ts';
import {StageCommand} from '../../src/cli/stage-command.ts';

export default class LocalWipe extends StageCommand {
  static override summary =
    'Delete every job from the queue of the stand-in PBS without a trace, as a reinstalled server would.';
  static override examples = ['<%= config.bin %> local wipe'];

  async run(): Promise<{wiped: number}> {
    await this.parse(LocalWipe);
    const {wiped = 0} = await steer({do: 'wipe'});
    this.log(`${wiped} jobs are gone`);
    return {wiped};
  }
}
