import {Args, type Errors, Flags, type Interfaces, Parser} from '@oclif/core';
import {expect, test} from 'vitest';
import {asStageError} from '../../src/cli/stage-command.ts';
import {requireWords, type Taken, usageOf} from '../../src/cli/usage-error.ts';

const args = {
  run: Args.string({required: true, description: 'name of the run', ignoreStdin: true}),
  step: Args.string({description: 'a step of it', ignoreStdin: true}),
};
const flags = {
  recursive: Flags.boolean({allowNo: true}),
  step: Flags.string({multiple: true}),
  state: Flags.string({options: ['active', 'failed']}),
  limit: Flags.integer({min: 1}),
  'delete-extra': Flags.boolean(),
  'confirm-delete': Flags.boolean({dependsOn: ['delete-extra']}),
  generation: Flags.integer({hidden: true}),
};
const taken: Taken = {command: 'try this', args, flags, many: false};

/** What oclif's own parser throws for a command line, as it is told. */
async function told(...argv: string[]) {
  const thrown: unknown = await Parser.parse(argv, {args, flags} as Interfaces.Input<object, object, object>).then(
    () => undefined,
    (error: Errors.CLIError) => error,
  );
  const {code, exit, message, why, details, next} = asStageError(thrown, taken);
  expect({code, exit}).toEqual({code: 'USAGE', exit: 2});
  expect(next).toEqual(['Usage: stage try this RUN [STEP]', 'All its flags: stage try this --help']);
  return [message, ...(why === undefined ? [] : [`why: ${why}`]), ...details];
}

test.each([
  ['--recursve', '"stage try this" has no flag --recursve; did you mean --recursive?'],
  ['--no-recursiv', '"stage try this" has no flag --no-recursiv; did you mean --no-recursive?'],
  ['--recurs', '"stage try this" has no flag --recurs; did you mean --recursive?'],
  ['--stat=active', '"stage try this" has no flag --stat; did you mean --state?'],
  ['--delete_extra', '"stage try this" has no flag --delete_extra; did you mean --delete-extra?'],
  ['--generatoin', '"stage try this" has no flag --generatoin'],
  ['--nonsense', '"stage try this" has no flag --nonsense'],
  ['-x', '"stage try this" has no flag -x'],
])('%s: a flag that does not exist is told with the flag of this command that is like it', async (flag, what) => {
  expect(await told('r', flag)).toEqual([what]);
});

test('several flags that do not exist are all told', async () => {
  expect(await told('r', '--nonsense', '--limt')).toEqual([
    '"stage try this" has no such flags',
    'no flag --nonsense',
    'no flag --limt; did you mean --limit?',
  ]);
});

test('words that are too many are quoted, beside what is taken', async () => {
  expect(await told('r', 's', 'more words')).toEqual([
    'unexpected argument: "more words"',
    'why: "stage try this" takes RUN, STEP and nothing more',
  ]);
  expect(await told('r', 's', '')).toContain('why: a word is empty, as of a shell variable that is not set');
});

test('a missing argument is named; where a flag has taken it, that is told', async () => {
  expect(await told()).toEqual(['"stage try this" needs RUN', 'RUN: name of the run']);
  expect(await told('--step', 'a', 'r')).toEqual([
    '"stage try this" needs RUN',
    'why: --step took all words behind it: a, r; write RUN before the flags',
    'RUN: name of the run',
  ]);
});

test.each([
  [['r', '--limit', 'x'], '--limit: expected an integer but received: x'],
  [['r', '--state', 'asleep'], 'expected --state=asleep to be one of: active, failed'],
  [['r', '--confirm-delete'], '--confirm-delete needs --delete-extra beside it'],
  [['r', '--limit'], 'flag --limit expects a value'],
])('%j is told in one sentence', async (argv, what) => {
  expect(await told(...argv)).toEqual([what]);
});

test('a command that takes many words shows so in its usage', () => {
  expect(usageOf({...taken, many: true})).toBe('stage try this RUN [STEP...]');
});

test.each([
  [{args: {run: ''}, argv: [''], flags: {}}, 'RUN is empty'],
  [{args: {run: 'r'}, argv: ['r'], flags: {state: ''}}, '--state is empty'],
  [{args: {run: 'r'}, argv: ['r'], flags: {step: ['a', '']}}, '--step is empty'],
  [{args: {run: 'r'}, argv: ['r', ''], flags: {}}, 'STEP is empty'],
])('an empty word is refused: %j', (parsed, what) => {
  expect(() => requireWords(parsed, taken)).toThrow(what);
  expect(() => requireWords({args: {run: 'r'}, argv: ['r'], flags: {}}, taken)).not.toThrow();
});
