import type {Config} from '@oclif/core';
import {expect, test} from 'vitest';
import {NoSuchCommand, requireCommand} from '../../src/cli/words-for-help.ts';
import {RequestWrong} from '../../src/errors.ts';

const COMMANDS: Readonly<Record<string, {args: object; strict?: boolean}>> = {
  help: {args: {}, strict: false},
  run: {args: {workflow: {}}},
  status: {args: {run: {}}},
  monitor: {args: {}},
  'job:submit': {args: {script: {}}},
  'job:show': {args: {job: {}}, strict: false},
  'job:wait': {args: {job: {}}, strict: false},
  'transfer:start': {args: {from: {}, to: {}}},
  'transfer:wait': {args: {task: {}}, strict: false},
  'local:outage': {args: {target: {}}},
  'local:outage:end': {args: {target: {}}},
};
const config = {
  commandIDs: Object.keys(COMMANDS),
  findCommand: (id: string) => COMMANDS[id],
  findTopic: (id: string) =>
    Object.keys(COMMANDS).some((known) => known.startsWith(`${id}:`)) ? {name: id} : undefined,
} as unknown as Pick<Config, 'findCommand' | 'findTopic' | 'commandIDs'>; // the three things that are asked of it

function wrong(...argv: string[]): RequestWrong {
  try {
    requireCommand(config, argv);
  } catch (error) {
    if (error instanceof RequestWrong) return error;
    throw error;
  }
  throw new Error(`nothing is wrong with ${argv.join(' ')}`);
}

test.each([
  [['rnu', 'x.yaml'], 'rnu', 'stage run x.yaml'],
  [['sta', '--json'], 'sta', 'stage status --json'],
  [['transfer', 'strat', 'a b', 'c'], 'transfer strat', "stage transfer start 'a b' c"],
  [['help', 'job', 'sumbit'], 'job sumbit', 'stage help job submit'],
  [['submit', 'j.sh'], 'submit', 'stage job submit j.sh'],
  [['job', 'status', '5.s'], 'job status', 'stage job show 5.s'],
  [['transfer', 'monitor'], 'transfer monitor', 'stage monitor'],
  [['version'], 'version', 'stage --version'],
  [['--hlep'], '--hlep', 'stage --help'],
])('%j names no command, and the one that was probably meant is shown', (argv, named, meant) => {
  const error = wrong(...argv);
  expect(error).toBeInstanceOf(NoSuchCommand);
  expect(error.message).toBe(`there is no command "${named}"`);
  expect(error.next[0]).toBe(`Did you mean this? ${meant}`);
});

test('what is like several commands, or like none, is guessed at by nobody', () => {
  expect(wrong('wait', 'x').next).toEqual(['List the commands: stage help']);
  expect(wrong('frobnicate').next).toEqual(['List the commands: stage help']);
  expect(wrong('').why).toContain('empty word');
  expect(wrong('--json', 'status').why).toBe('flags stand behind the command');
});

test('words behind a command that takes none are told as such', () => {
  const error = wrong('monitor', 'x');
  expect([error.message, error.why]).toEqual(['unexpected argument: "x"', '"stage monitor" takes no arguments']);
});

test.each([
  [[]],
  [['--help']],
  [['help']],
  [['help', 'job']],
  [['run', 'x.yaml', '--json']],
  [['monitor', '--no-chain']],
  [['job']],
  [['job', '--json']],
  [['job', 'wait', 'a', 'b']],
  [['local', 'outage', 'pbs']],
  [['local', 'outage', 'end', 'pbs']],
  [['job:submit', 'x.sh']],
])('%j names a command or a group of them', (argv) => {
  expect(() => requireCommand(config, argv)).not.toThrow();
});
