import type {Errors} from '@oclif/core';
import {nearest} from '../base/nearest.ts';
import {lowerFirst} from '../base/text.ts';
import {RequestWrong} from '../errors.ts';

/** What a command takes, as its class declares it. */
export interface Taken {
  /** `job submit` */
  readonly command: string;
  readonly args: Readonly<Record<string, {readonly required?: boolean; readonly description?: string}>>;
  readonly flags: Readonly<Record<string, FlagTaken>>;
  /** it takes any number of words in place of the last argument */
  readonly many: boolean;
}

interface FlagTaken {
  readonly type: string;
  readonly allowNo?: boolean;
  readonly hidden?: boolean;
  readonly multiple?: boolean;
}

/** Fields of errors that oclif's parser throws; it exports no class of theirs. */
interface ParserError {
  /** flags that do not exist */
  readonly flags?: readonly string[];
  /** missing arguments as they are declared, or words that are too many */
  readonly args?: readonly (string | {readonly name: string; readonly description?: string})[];
  readonly parse?: {readonly output?: {readonly raw?: readonly Token[]}};
}

interface Token {
  readonly type: string;
  readonly flag?: string;
  readonly input: string;
}

/** What oclif says of a command line, as an error of ours. Pure. @param taken undefined outside any command */
export function usageError(error: Errors.CLIError & ParserError, taken?: Taken): RequestWrong {
  const {what, details, why} = (taken && ofParser(error, taken)) ?? ofMessage(error.message);
  const next = taken
    ? [`Usage: ${usageOf(taken)}`, `All its flags: stage ${taken.command} --help`]
    : ['See the flags and arguments with --help.'];
  return new RequestWrong(what, {
    code: 'USAGE',
    why,
    details: details ?? [],
    next: [...(error.suggestions ?? []), ...next],
  });
}

/** Words behind a command that takes none: oclif would take them for a part of its name. */
export function wordsTooMany(words: readonly string[], taken: Pick<Taken, 'command' | 'args' | 'many'>): RequestWrong {
  const {what, why} = tooMany(words, taken);
  return new RequestWrong(what, {code: 'USAGE', why, next: [`Usage: ${usageOf(taken)}`]});
}

interface Told {
  readonly what: string;
  readonly why?: string | undefined;
  readonly details?: readonly string[];
}

function ofParser(error: ParserError, taken: Taken): Told | undefined {
  if (error.flags) return unknownFlags(error.flags, taken);
  const words = (error.args ?? []).filter((arg) => typeof arg === 'string');
  if (words.length > 0) return tooMany(words, taken);
  const missing = (error.args ?? []).filter((arg) => typeof arg !== 'string');
  return missing.length > 0 ? missingArguments(missing, error.parse?.output?.raw ?? [], taken) : undefined;
}

function unknownFlags(typed: readonly string[], taken: Taken): Told {
  const known = Object.entries(taken.flags).flatMap(([name, {type, allowNo, hidden}]) =>
    hidden ? [] : [name, ...(type === 'boolean' && allowNo ? [`no-${name}`] : [])],
  );
  const told = typed.map((flag) => {
    const name = flag.replace(/=.*/s, '');
    const begun = known.filter((one) => name.length > 3 && `--${one}`.startsWith(name));
    const similar = name.startsWith('--')
      ? (nearest(name.slice(2), known) ?? (begun.length === 1 ? begun[0] : undefined))
      : undefined;
    return `no flag ${name}${similar === undefined ? '' : `; did you mean --${similar}?`}`;
  });
  const [first = ''] = told;
  return told.length === 1
    ? {what: `"stage ${taken.command}" has ${first}`}
    : {what: `"stage ${taken.command}" has no such flags`, details: told};
}

function tooMany(words: readonly string[], taken: Pick<Taken, 'command' | 'args'>): Told {
  const names = Object.keys(taken.args).map((name) => name.toUpperCase());
  const takes = names.length === 0 ? 'takes no arguments' : `takes ${names.join(', ')} and nothing more`;
  return {
    what: `unexpected ${words.length === 1 ? 'argument' : 'arguments'}: ${words.map((word) => JSON.stringify(word)).join(', ')}`,
    why: words.includes('') ? EMPTY : `"stage ${taken.command}" ${takes}`,
  };
}

const EMPTY = 'a word is empty, as of a shell variable that is not set';

function missingArguments(
  missing: readonly {readonly name: string; readonly description?: string}[],
  tokens: readonly Token[],
  taken: Taken,
): Told {
  const names = missing.map(({name}) => name.toUpperCase());
  const details = missing.map(({name, description}) => `${name.toUpperCase()}: ${description ?? ''}`);
  const last = tokens.findLast(({type}) => type === 'flag')?.flag;
  const swallowed = tokens.filter(({flag}) => flag !== undefined && flag === last).map(({input}) => input);
  const why =
    last !== undefined && taken.flags[last]?.multiple && swallowed.length > 1
      ? `--${last} took all words behind it: ${swallowed.join(', ')}; write ${names.join(' and ')} before the flags`
      : undefined;
  return {what: `"stage ${taken.command}" needs ${names.join(' and ')}`, why, details};
}

/** Lines of a message in oclif's words, cleaned of colours and of its advice. */
function ofMessage(message: string): Told {
  const lines = message
    .split('\n')
    .map((line) => line.replace(/\u001b\[[0-9;]*m/g, '').trim())
    .filter((line) => line !== '' && !line.startsWith('See more help'));
  const [first = 'the command line was not understood', ...rest] = lines;
  const [, flag] = /^Parsing (--\S+)$/.exec(first) ?? [];
  if (flag !== undefined && rest[0] !== undefined)
    return {what: `${flag}: ${lowerFirst(rest[0])}`, details: rest.slice(1)};
  const [, flagGiven, needed] =
    /^All of the following must be provided when using (--\S+): (.+)$/.exec(rest[0] ?? '') ?? [];
  if (flagGiven !== undefined) return {what: `${flagGiven} needs ${needed} beside it`, details: rest.slice(1)};
  if (/^The following errors? occurred:$/.test(first) && rest[0] !== undefined)
    return {what: lowerFirst(rest[0]), details: rest.slice(1)};
  return {what: lowerFirst(first), details: rest};
}

/** `stage logs RUN`, as it is to be typed without flags. */
export function usageOf({command, args, many}: Pick<Taken, 'command' | 'args' | 'many'>): string {
  const entries = Object.entries(args);
  const words = entries.map(([name, {required}], index) => {
    const word = `${name.toUpperCase()}${many && index === entries.length - 1 ? '...' : ''}`;
    return required ? word : `[${word}]`;
  });
  return ['stage', command, ...words].join(' ');
}

/**
 * An argument or the value of a flag that is an empty word names nothing.
 *
 * @throws {RequestWrong} for the first one
 */
export function requireWords(
  {args, argv, flags}: {readonly args: object; readonly argv: readonly unknown[]; readonly flags: object},
  taken: Taken,
): void {
  const empty = (value: unknown) => value === '' || (Array.isArray(value) && value.includes(''));
  const [arg] = Object.entries(args).find(([, value]) => empty(value)) ?? [];
  const [flag] = Object.entries(flags).find(([, value]) => empty(value)) ?? [];
  const name = arg?.toUpperCase() ?? (flag === undefined ? undefined : `--${flag}`);
  const what = name ?? (argv.includes('') ? Object.keys(taken.args).at(-1)?.toUpperCase() : undefined);
  if (what === undefined) return;
  throw new RequestWrong(`${what} is empty`, {
    code: 'USAGE',
    why: EMPTY,
    next: [`Usage: ${usageOf(taken)}`, `All its flags: stage ${taken.command} --help`],
  });
}
