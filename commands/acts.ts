import {serveActs} from '../src/app/runs/monitor/serve-acts.ts';
import {StageCommand} from '../src/cli/stage-command.ts';

export default class ActsOfLook extends StageCommand {
  static override hidden = true;
  static override summary = 'Link, move and remove what a look asks for, which starts this for itself.';

  static override examples = [
    {
      description: 'Do what is asked, an act a line of JSON: what a look starts for itself:',
      command: '<%= config.bin %> acts < acts.jsonl',
    },
  ];

  async run(): Promise<void> {
    await this.parse(ActsOfLook);
    await serveActs(process.stdin, process.stdout);
  }
}
