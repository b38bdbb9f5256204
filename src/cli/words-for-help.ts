import type {Config} from '@oclif/core';
import {nearest} from '../base/nearest.ts';
import {shellWord} from '../base/shell.ts';
import {RequestWrong} from '../errors.ts';
import {wordsTooMany} from './usage-error.ts';

/** `-h` and `-v` mean the program only where no command stands before them: `stage job submit` has flags of that name. */
const SHORT: Readonly<Record<string, string>> = {'-h': '--help', '-v': '--version'};

/** The command line as oclif is to read it. Its help command has no --json. */
export function longFlags(argv: readonly string[]): string[] {
  const [first = '', ...rest] = argv;
  if (first === 'help') return [first, ...rest.filter((word) => word !== '--json')];
  return argv.map((word, index) => (index === 0 ? (SHORT[word] ?? word) : word));
}

type Commands = Pick<Config, 'findCommand' | 'findTopic' | 'commandIDs'>;

/**
 * See that what was typed names a command, or a group of them, whose help is shown. oclif would warn of it in words of
 * its own, take what stands behind it for a part of its name, and a help command that names nothing for a defect.
 *
 * @throws {NoSuchCommand} with what was probably meant
 */
export function requireCommand(config: Commands, argv: readonly string[]): void {
  const [first] = argv;
  if (first === undefined || first === '--help' || first === '--version') return;
  const asksForHelp = first === 'help';
  const words = asksForHelp ? argv.slice(1).filter((word) => !word.startsWith('-')) : argv;
  if (words[0]?.includes(':') && config.findCommand(words[0])) return;
  for (let length = 0; length < words.length; length++) {
    const group = words.slice(0, length).join(':');
    const word = words[length] ?? '';
    const id = words.slice(0, length + 1).join(':');
    if (config.findCommand(id) || config.findTopic(id)) continue;
    const command = length > 0 && !asksForHelp ? config.findCommand(group) : undefined;
    // What follows a command are its arguments, where it takes any; `help` takes none.
    if (length > 0 && (word.startsWith('-') || (command && takesWords(command)))) return;
    if (command) throw wordsTooMany([word], {command: group.replaceAll(':', ' '), args: {}, many: false});
    throw new NoSuchCommand(
      words.slice(0, length + 1),
      meant(config.commandIDs, argv, asksForHelp ? length + 1 : length),
    );
  }
}

function takesWords({args, strict}: {readonly args: object; readonly strict?: boolean | undefined}): boolean {
  return strict === false || Object.keys(args).length > 0;
}

/** The command line with the word at a place as it was probably meant; undefined when no name is like it. */
function meant(ids: readonly string[], argv: readonly string[], at: number): string | undefined {
  const [first = ''] = argv;
  const flag =
    first.startsWith('-') || first === 'version' ? nearest(first.replace(/^-+/, ''), ['help', 'version']) : undefined;
  if (flag !== undefined) return `stage --${flag}`;
  const [before, word = '', after] = [argv.slice(0, at), argv[at], argv.slice(at + 1)];
  const names = ids.map((id) => id.split(':'));
  const group = before[0] === 'help' ? before.slice(1) : before;
  const siblings = names.filter((name) => group.every((part, index) => name[index] === part));
  const here = [...new Set(siblings.flatMap((name) => name[group.length] ?? []))];
  const begun = here.filter((name) => word.length > 1 && name.startsWith(word));
  const similar = nearest(word, here) ?? (begun.length === 1 ? begun[0] : undefined);
  if (similar !== undefined) return spelt([...before, similar, ...after]);
  if (word === 'status' && here.includes('show')) return spelt([...before, 'show', ...after]);
  const elsewhere = names.filter((name) => name.at(-1) === word && name[0] !== 'local');
  return elsewhere.length === 1
    ? spelt([...before.filter((_, index) => index === 0 && before[0] === 'help'), ...(elsewhere[0] ?? []), ...after])
    : undefined;
}

function spelt(words: readonly string[]): string {
  return ['stage', ...words].map(shellWord).join(' ');
}

/** What was typed names no command. */
export class NoSuchCommand extends RequestWrong {
  /**
   * @param words up to the one that names nothing
   * @param meant the command that was probably meant
   */
  constructor(words: readonly string[], meant?: string) {
    const [first = ''] = words;
    const why = first === '' ? 'it is an empty word, as of a shell variable that is not set' : undefined;
    super(`there is no command "${words.join(' ')}"`, {
      code: 'NO_SUCH_COMMAND',
      why: first.startsWith('-') ? 'flags stand behind the command' : why,
      next: [...(meant === undefined ? [] : [`Did you mean this? ${meant}`]), 'List the commands: stage help'],
    });
  }
}
