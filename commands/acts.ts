import {serveActs} from '../src/app/runs/monitor/serve-acts.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class ActsOfLook extends StageCommand {
  static override hidden = true;
  static override summary = 'Link, move and remove what a look asks for, which starts this for itself.';

  async run(): Promise<void> {
    await this.parse(ActsOfLook);
    await serveActs(process.stdin, process.stdout);
  }
}
