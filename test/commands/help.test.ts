import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {PACKAGE, type Ran} from '../support/cli.ts';
import {type ErrorDocument, INNARDS, useDesk} from './support.ts';

// Commands run in one process after another; a process of its own only where bin/stage and the streams are what is asked for.
const desk = useDesk();
const manifest = JSON.parse(readFileSync(join(PACKAGE, 'oclif.manifest.json'), 'utf8')) as {
  commands: Record<string, {readonly pluginName: string; readonly args: object; readonly strict?: boolean}>;
};
/** our own; help and autocomplete are oclif's */
const commands = Object.keys(manifest.commands)
  .filter((id) => manifest.commands[id]?.pluginName === 'stage-hpc')
  .sort();

test('there is a list of commands to test', () => {
  expect(commands).toEqual(expect.arrayContaining(['run', 'status', 'logs', 'list', 'cancel', 'check', 'local:up']));
});

test.each([
  [['help', 'nosuch'], 'nosuch'],
  [['help', 'job', 'nosuch'], 'job nosuch'],
  [['job', 'nosuch'], 'job nosuch'],
  [['nosuch', '-x'], 'nosuch'],
  [['--nosuch', 'x'], '--nosuch'],
])('%j: there is no such command, in text and in JSON', async (argv, named) => {
  const what = `there is no command "${named}"`;
  const text = await desk.stage(...argv);
  expect(text).toMatchObject({exitCode: 2, stderr: expect.stringContaining(`error: ${what}`)});
  const json = await desk.stage(...argv, '--json');
  expect(json.exitCode).toBe(2);
  expect(json.json<ErrorDocument>().error).toMatchObject({code: 'NO_SUCH_COMMAND', exit: 2, what});
});

test('-h and -v alone are help and version, and --json alone is no command', async () => {
  const [help, version, json] = [await desk.stage('-h'), await desk.stage('-v'), await desk.stage('--json')];
  expect(help).toEqual({...(await desk.stage('--help')), json: expect.anything()});
  expect(help).toMatchObject({exitCode: 0, stdout: expect.stringContaining('USAGE')});
  expect(version).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/^stage \d/)});
  expect(json.exitCode).toBe(2);
  expect(json.json<ErrorDocument>().error.what).toBe('there is no command "--json"');
  expect((await desk.stage('help', 'job', 'submit')).stdout).toContain('stage job submit');
  expect((await desk.stage('help', 'job')).exitCode).toBe(0);
});

test.each(commands)('"%s --help" shows an example, and exits 0', async (id) => {
  const words = id.split(':');
  const help = await desk.stage(...words, '--help');
  expect(help).toMatchObject({exitCode: 0, stderr: ''});
  expect(help.stdout).toMatch(/EXAMPLES/);
  expect(help.stdout).toContain(`stage ${words.join(' ')}`);
  expect(desk.listing()).toBeNull();
});

test.each(commands)(
  '"%s --nonsense" is a wrong request in text and in JSON, with no stack and no parser state',
  async (id) => {
    const words = id.split(':');
    const text = await desk.stage(...words, '--nonsense');
    expect({exit: text.exitCode, stdout: text.stdout}).toEqual({exit: 2, stdout: ''});
    expect(text.stderr).toMatch(/^error: .*nonsense/i);
    expect(text.stderr).not.toMatch(INNARDS);

    const json = await desk.stage(...words, '--nonsense', '--json');
    expect(json.exitCode).toBe(2);
    const document = json.json<ErrorDocument>();
    expect(Object.keys(document)).toEqual(['error']);
    expect(document.error).toMatchObject({code: 'USAGE', exit: 2});
    expect(document.error.what).toMatch(/nonsense/i);
    expect(json.stdout + json.stderr).not.toMatch(INNARDS);
    expect(desk.listing()).toBeNull();
  },
);

test.each(commands)(
  '"%s" with a word too many, and with an empty one, is told as such, and nothing is done',
  async (id) => {
    const {args, strict} = manifest.commands[id] ?? {args: {}};
    const names = Object.keys(args);
    const enough = names.map((_, at) => `w${at}`);
    const wrong = [[...enough, ''], ['', ...enough.slice(1)], ...(strict === false ? [] : [[...enough, 'extra word']])];
    for (const words of wrong) {
      const ran = await desk.stage(...id.split(':'), ...words, '--json');
      expect({words, exit: ran.exitCode, stderr: ran.stderr}).toEqual({words, exit: 2, stderr: ''});
      const {error} = ran.json<ErrorDocument>();
      expect(error).toMatchObject({code: 'USAGE', exit: 2});
      expect(error.what).toMatch(
        words.includes('') ? /^unexpected argument: ""|^[A-Z]+ is empty/ : /^unexpected argument: "extra word"/,
      );
      expect(error.next[0]).toMatch(`Usage: stage ${id.replaceAll(':', ' ')}`);
    }
    expect(desk.listing()).toBeNull();
  },
);

test.each([[['statsu']], [['local', 'upp']], [['transfer', 'begin']], [['rnu', 'x.yaml']]])(
  'a command that does not exist is a wrong request: %j',
  async (argv) => {
    const text = await desk.stage(...argv);
    expect(text.exitCode).toBe(2);
    expect(text.stderr).toMatch(/^error: /m);
    expect(text.stderr).toContain(argv[0]);
    expect(text.stderr).not.toMatch(INNARDS);
    const json = await desk.stage(...argv, '--json');
    expect(json.exitCode).toBe(2);
    expect(json.json<ErrorDocument>().error).toMatchObject({exit: 2, what: expect.stringContaining(argv[0] ?? '')});
  },
);

test('a process of its own says the same, on the same streams and with the same exit', async () => {
  for (const argv of [
    ['--help'],
    ['job', 'submit', '--help'],
    ['status', '--nonsense'],
    ['run', '--nonsense', '--json'],
    ['statsu'],
  ]) {
    const {json: _, ...alone} = await desk.process(...argv);
    expect({argv, ...alone}).toMatchObject({argv, ...without(await desk.stage(...argv))});
  }
});

const without = ({json: _, ...said}: Ran) => said;

test('"stage" alone and "stage --help" list the commands', async () => {
  for (const argv of [[], ['--help']]) {
    const shown = await desk.stage(...argv);
    expect(shown.exitCode).toBe(0);
    for (const command of ['run', 'status', 'logs', 'cancel']) expect(shown.stdout).toContain(command);
  }
});

test('"stage --version" tells version, commit, Node.js and machine', async () => {
  const {exitCode, stdout} = await desk.stage('--version');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^stage \d+\.\d+\.\d+( \(commit [0-9a-f]{10}( with changes)?\))?, Node\.js 24\.\d+\.\d+, linux-(x64|arm64)\n$/,
  );
});

test('"stage autocomplete" writes a completion that knows the commands', async () => {
  const made = await desk.stage('autocomplete', 'bash', '--refresh-cache', {env: {XDG_CACHE_HOME: desk.directory}});
  expect(made.exitCode).toBe(0);
  const functions = join(desk.directory, 'stage/autocomplete/functions/bash/stage.bash');
  expect(readFileSync(functions, 'utf8')).toContain('job:submit --');
});
