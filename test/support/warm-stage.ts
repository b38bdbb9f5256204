import {type ChildProcess, fork} from 'node:child_process';
import {join} from 'node:path';
import {CLI, cleanEnvironment, PACKAGE, type Ran, type RunOptions, ranOf} from './cli.ts';

/** A process that runs commands one after another: see warm-stage.mjs. */
export interface WarmStage {
  /** as `runStage`; commands that are asked for at once run one by one */
  run(argv: readonly string[], options: RunOptions): Promise<Ran>;
  end(): void;
}

interface Answer {
  readonly id: number;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** what reached the top of the built entry, which shows all errors itself */
  readonly defect?: string;
}

/** Nothing starts before the first command. */
export function warmStage(): WarmStage {
  const waiting = new Map<number, {done(answer: Answer): void; failed(error: Error): void}>();
  let child: ChildProcess | undefined;
  let count = 0;

  function start(): ChildProcess {
    const started = fork(join(import.meta.dirname, 'warm-stage.mjs'), [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: ['--use-system-ca', '--disable-warning=ExperimentalWarning'],
      env: cleanEnvironment({}),
    });
    started.on('message', (answer: Answer) => {
      waiting.get(answer.id)?.done(answer);
      waiting.delete(answer.id);
    });
    started.on('exit', (code, signal) => {
      child = undefined;
      for (const each of waiting.values())
        each.failed(new Error(`the process of the commands ended: ${code ?? signal}`));
      waiting.clear();
    });
    return started;
  }

  return {
    async run(argv, {env = {}, cwd}) {
      child ??= start();
      const id = ++count;
      const answer = await new Promise<Answer>((done, failed) => {
        waiting.set(id, {done, failed});
        child?.send({id, entry: PACKAGE, argv, cwd, env: cleanEnvironment({STAGE_CLI: CLI, ...env})});
      });
      if (answer.defect !== undefined) throw new Error(`stage ${argv.join(' ')}: ${answer.defect}`);
      return ranOf(argv, answer);
    },
    end: () => child?.kill(),
  };
}
