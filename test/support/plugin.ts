import type {CommandResult, RunCommand} from '../../src/process/run-command.ts';
import type {Verb} from '../../src/transfer/plugin-contract.ts';

interface PluginTask {
  readonly task: string;
  readonly id: string;
  readonly question: Record<string, unknown>;
  state: string;
  more: object;
}

/** A program of a site, in memory: answers as docs/transfer-plugins.md says, or with what a test puts in the place of that. */
export class MemoryPlugin {
  readonly tasks = new Map<string, PluginTask>();
  readonly asked: {readonly verb: string; readonly question: Record<string, unknown>}[] = [];
  down = false;
  paused: string | undefined;
  /** what is shown has arrived, or failed where its source is missing */
  arrives = false;
  /** given in the place of the answer to a verb */
  instead: Partial<Record<Verb, Partial<CommandResult>>> = {};

  readonly run: RunCommand = async (command, argv, options = {}) => {
    const verb = argv[0] ?? '';
    const question: Record<string, unknown> = JSON.parse(options.stdin ?? '{}');
    this.asked.push({verb, question});
    const done: CommandResult = {
      asked: `${command} ${verb}`,
      exitCode: 0,
      stdout: '',
      stderr: '',
      timedOut: false,
      notFound: false,
    };
    if (this.down) return {...done, exitCode: 4, stdout: JSON.stringify({error: {message: 'the service is away'}})};
    const stdout = JSON.stringify(this.#answer(verb, question));
    return {...done, stdout, ...this.instead[verb as Verb]};
  };

  finish(task: string): void {
    this.paused = undefined;
    this.show(task, 'succeeded', {bytes: 5, files: 1});
  }

  show(task: string, state: string, more: object = {}): void {
    const found = this.tasks.get(task);
    if (found) Object.assign(found, {state, more});
  }

  #answer(verb: string, question: Record<string, unknown>): object {
    const id = String(question.id);
    switch (verb) {
      case 'describe':
        return {version: 1, name: 'memory', options: ['recursive', 'sync']};
      case 'start': {
        const task = `t-${id}`;
        if (!this.tasks.has(task)) this.tasks.set(task, {task, id, question, state: 'active', more: {}});
        return {task};
      }
      case 'show':
        return {tasks: (question.tasks as string[]).map((task) => this.#shown(task))};
      case 'cancel': {
        const found = this.tasks.get(String(question.task));
        if (found?.state === 'active') found.state = 'cancelled';
        return {};
      }
      default:
        return {tasks: [...this.tasks.values()].map(({task}) => this.#shown(task))};
    }
  }

  #shown(task: string): object {
    const found = this.tasks.get(task);
    if (!found) return {task, state: 'unknown'};
    if (this.paused !== undefined && found.state === 'active') return {task, state: 'paused', pause: this.paused};
    if (this.arrives && found.state === 'active') {
      const [item] = found.question.items as {from: string}[];
      if (item?.from.endsWith('missing')) this.show(task, 'failed', {error: {message: 'no such file'}});
      else this.show(task, 'succeeded', {bytes: 5, files: 1});
    }
    return {task, state: found.state, ...found.more};
  }
}
