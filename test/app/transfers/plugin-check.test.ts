import {expect, test} from 'vitest';
import {holdToContract} from '../../../src/app/transfers/plugin-check.ts';
import type {RunCommand} from '../../../src/process/run-command.ts';
import {askProgram} from '../../../src/transfer/command/ask-program.ts';
import {MemoryPlugin} from '../../support/plugin.ts';

/** What the suite finds broken of a program. @param change what it does otherwise than was agreed */
async function brokenBy(change: (memory: MemoryPlugin) => RunCommand = ({run}) => run) {
  const memory = new MemoryPlugin();
  memory.arrives = true;
  const settings = {run: change(memory), timeoutMs: 1000, env: {}, node: process.execPath};
  let now = 0;
  const found = await holdToContract(
    {stateDirectory: '/state', ask: (verb, question) => askProgram('/opt/mover', verb, question, settings)},
    {
      from: {collection: 'tape', path: '/a'},
      to: {collection: 'localhost', path: '/b'},
      timeoutMs: 10_000,
      clock: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    },
  );
  return found.filter(({level}) => level === 'problem').map(({what}) => what);
}

/** The program with another answer to one verb. */
const answering =
  (verb: string, answer: (question: Record<string, unknown>, memory: MemoryPlugin) => object) =>
  (memory: MemoryPlugin): RunCommand =>
  async (command, argv, options) => {
    const done = await memory.run(command, argv, options);
    if (argv[0] !== verb) return done;
    return {...done, stdout: JSON.stringify(answer(JSON.parse(options?.stdin ?? '{}'), memory))};
  };

test('a program that keeps the contract passes', async () => {
  expect(await brokenBy()).toEqual([]);
});

let count = 0;
test.each([
  [
    'a new task at each start',
    answering('start', () => ({task: `n-${count++}`})),
    'start with the same id, again and twice at once, is the same task',
  ],
  [
    'one task for all ids',
    answering('start', (_, {tasks}) => ({task: [...tasks.keys()][0]})),
    'two starts at once with one new id are one task',
  ],
  [
    'no answer about what it does not know',
    answering('show', ({tasks}, {tasks: known}) => ({
      tasks: (tasks as string[]).filter((task) => known.has(task)).map((task) => ({task, state: 'succeeded'})),
    })),
    'show answers for each task that it is asked about, and one that it does not know is unknown',
  ],
  [
    'a state that is none',
    answering('show', ({tasks}) => ({tasks: (tasks as string[]).map((task) => ({task, state: 'done'}))})),
    'the file arrives',
  ],
  [
    'a transfer that never ends',
    answering('show', ({tasks}) => ({tasks: (tasks as string[]).map((task) => ({task, state: 'active'}))})),
    'the file arrives',
  ],
  [
    'success whatever is missing',
    answering('show', ({tasks}) => ({tasks: (tasks as string[]).map((task) => ({task, state: 'succeeded'}))})),
    'a source that is missing is refused, or fails, with a reason',
  ],
  [
    'no JSON',
    ({run}: MemoryPlugin): RunCommand =>
      async (...asked) => ({...(await run(...asked)), stdout: 'ok'}),
    'start gives a task',
  ],
  ['a list without its tasks', answering('list', () => ({tasks: []})), 'list has the tasks that were started'],
])('one that gives %s does not', async (_, change, what) => {
  expect(await brokenBy(change)).toContain(what);
});
