import {expect, test} from 'vitest';
import type {CommandResult} from '../../src/process/run-command.ts';
import {pacedCommands} from '../../src/scheduler/pbs/paced-commands.ts';

test('each command waits for its turn, a qsub for a quarter of its time limit at most', async () => {
  const told: string[] = [];
  const run = async (command: string) => {
    told.push(command);
    return {exitCode: 0} as CommandResult; // nothing else is read here
  };
  const pace = async (longestMs?: number) => {
    told.push(`at most ${longestMs}`);
  };
  const paced = pacedCommands(run, pace, 8_000);
  for (const command of ['qstat', 'qsub']) await paced(command, []);
  expect(told).toEqual(['at most 15000', 'qstat', 'at most 2000', 'qsub']);
});
