import type {Config} from '@oclif/core';
import {RequestWrong} from '../errors.ts';

/** `-h` and `-v` mean the program only where no command stands before them: `stage job submit` has flags of that name. */
const SHORT: Readonly<Record<string, string>> = {'-h': '--help', '-v': '--version'};

/** The command line as oclif is to read it. Its help command has no --json. */
export function longFlags(argv: readonly string[]): string[] {
  const [first = '', ...rest] = argv;
  if (first === 'help') return [first, ...rest.filter((word) => word !== '--json')];
  return argv.map((word, index) => (index === 0 ? (SHORT[word] ?? word) : word));
}

/** oclif's help takes a command that does not exist for a defect. @throws {NoSuchCommand} */
export function requireHelpSubject(config: Pick<Config, 'findCommand' | 'findTopic'>, argv: readonly string[]): void {
  if (argv[0] !== 'help') return;
  const words = argv.slice(1).filter((word) => !word.startsWith('-'));
  const id = words.join(':');
  if (id !== '' && !config.findCommand(id) && !config.findTopic(id)) throw new NoSuchCommand(words);
}

/** What was typed names no command. */
export class NoSuchCommand extends RequestWrong {
  /** @param argv all that was typed, flags too */
  constructor(argv: readonly string[]) {
    const words = argv.slice(0, argv.findIndex((word) => word.startsWith('-')) >>> 0);
    super(`there is no command "${(words.length > 0 ? words : argv.slice(0, 1)).join(' ')}"`, {
      code: 'NO_SUCH_COMMAND',
      next: ['List the commands: stage help'],
    });
  }
}
