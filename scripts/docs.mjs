// Writes what is made from the code: the table of exit codes in README.md, docs/reference/commands.md from the manifest,
// docs/directives.md from the table of src/scheduler/directives, and docs/reference/workflow.schema.json as
// "stage schema" prints it. Build first. With --check nothing is written, and the exit code is 1 when the files differ from what would be.
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {EXIT, EXIT_MEANINGS} from '../src/errors.ts';
import {FOREIGN_OPTIONS, FOREIGN_RESOURCES} from '../src/scheduler/directives/habits.ts';
import {ATTRIBUTES} from '../src/scheduler/directives/job-attributes.ts';
import {OPTIONS} from '../src/scheduler/directives/options.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const BIN = 'stage';

const exitCodes = () =>
  table(
    ['exit', 'meaning'],
    Object.entries(EXIT).map(([name, code]) => [String(code), EXIT_MEANINGS[name]]),
  );

/** README.md with its table of exit codes between two comments. */
function readme() {
  const [begin, end] = ['<!-- exit codes: written by scripts/docs.mjs -->', '<!-- end of exit codes -->'];
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) throw new Error('README.md has no place for the table of exit codes');
  return `${text.slice(0, before)}${begin}\n\n${exitCodes()}\n${text.slice(after)}`;
}

function commandsPage() {
  const {commands} = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'));
  const shown = Object.values(commands)
    .filter((command) => !command.hidden && command.pluginName === 'stage-hpc')
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const anchor = (command) => command.id.replaceAll(':', '-');
  return [
    '<!-- Written by scripts/docs.mjs; do not edit. -->',
    '',
    '# Commands',
    '',
    'Every command knows `--help`, `--profile` and `--json`. What `--json` prints: [formats/json.md](../formats/json.md).',
    '',
    table(
      ['command', 'what it does'],
      shown.map((command) => [`[\`${nameOf(command)}\`](#stage-${anchor(command)})`, filled(command.summary)]),
    ),
    '## Exit codes',
    '',
    exitCodes(),
    ...shown.flatMap((command) => section(command)),
  ].join('\n');
}

/** What stage does with each option of a `#PBS` line. */
function directivesPage() {
  const written = (letter, value) => `\`-${letter}${value === undefined ? '' : ` ${value}`}\``;
  const keys = (row) => (row.keys === undefined ? '' : row.keys.map((key) => `\`${key}\``).join(', '));
  return [
    '<!-- Written by scripts/docs.mjs from src/scheduler/directives; do not edit. -->',
    '',
    '# `#PBS` lines',
    '',
    'A script means under stage what it means to `qsub SCRIPT`. Its `#PBS` lines are handed on to PBS in the head of the job that stage submits, and the command line of that qsub says what the workflow says. `stage check`, `stage run` and `stage job submit` read them by the grammar of qsub first: what every OpenPBS would refuse is told with file and line (exit code 2), and nothing is created.',
    '',
    '- **honoured**: PBS gets it, and does what it does for qsub.',
    '- **merged**: it holds together with what the workflow says.',
    '- **overridden**: it holds unless the workflow, or a flag of `stage job submit`, says otherwise. `stage check` names each line that has no effect.',
    '- **taken over**: PBS does not get it, and stage does what it means.',
    '- **left out**: it means nothing under stage.',
    '- **refused**: stage cannot run it, and says so with its line.',
    '',
    'What a [profile](profiles.md) says under `compute` is for what neither the workflow nor the script says. Its `extra` alone is passed as it is, and takes the place of lines: `stage check` names those as well.',
    '',
    table(
      ['option', 'what it says', 'under stage', 'key in a workflow', 'how'],
      OPTIONS.map((row) => [written(row.letter, row.value), row.what, row.stage, keys(row), row.how]),
    ),
    '## Attributes of `-W`',
    '',
    table(
      ['attribute', 'what it says', 'under stage', 'how'],
      ATTRIBUTES.map((row) => [`\`${row.name}=\` ${row.value}`, row.what, row.stage, row.how]),
    ),
    'An attribute that is not in this table is handed on, and told as doubtful by `stage check`.',
    '',
    '## How lines are read',
    '',
    '- Directives stand before the first command of a script, and may be indented. A backslash at the end joins the next line.',
    '- No comment may stand behind an option, and no blank in a list unless quotes hold it together: `#PBS -v "A=1, B=2"`.',
    '- Of two lines with the same option the last holds; of two `-l` that name the same resource, the first (measured on OpenPBS 23.06).',
    '- A script is text in UTF-8 or another extension of ASCII, with line feeds, and without a byte order mark.',
    '- A prefix other than `#PBS` (`PBS_DPREFIX`, `qsub -C`) is not read.',
    '- What the hooks of a site do to a job at its submission is done to jobs of stage as well: only an administrator can change that. A hook that reads the script sees the wrapper.',
    '',
    '## Coming from another batch system',
    '',
    table(
      ['option', 'what to write'],
      Object.entries(FOREIGN_OPTIONS).map(([letter, hint]) => [`\`-${letter}\``, `${hint}.`]),
    ),
    table(
      ['resource', 'what to write'],
      Object.entries(FOREIGN_RESOURCES).map(([name, hint]) => [`\`${name}\``, `${hint}.`]),
    ),
  ].join('\n');
}

function section(command) {
  const args = Object.values(command.args ?? {});
  const flags = Object.values(command.flags ?? {}).filter((flag) => !flag.hidden);
  const own = flags.filter((flag) => flag.helpGroup !== 'GLOBAL');
  return [
    `## ${nameOf(command)}`,
    '',
    filled(command.summary),
    '',
    ...(command.description ? [filled(command.description).replaceAll('\n', ' '), ''] : []),
    block(usageOf(command, args, own)),
    ...(args.length > 0
      ? [
          table(
            ['argument', 'what it is'],
            args.map((arg) => [`\`${arg.name.toUpperCase()}\``, arg.description ?? '']),
          ),
        ]
      : []),
    ...(own.length > 0
      ? [
          table(
            ['flag', 'what it says'],
            own.map((flag) => [flagName(flag), flagText(flag)]),
          ),
        ]
      : []),
    ...(command.examples?.length ? ['Examples:', '', block(command.examples.map(filled).join('\n'))] : []),
  ];
}

function nameOf(command) {
  return `${BIN} ${command.id.replaceAll(':', ' ')}`;
}

function usageOf(command, args, flags) {
  const words = args.map((arg) => {
    const word = command.strict === false ? `${arg.name.toUpperCase()}...` : arg.name.toUpperCase();
    return arg.required ? word : `[${word}]`;
  });
  return [nameOf(command), ...words, ...(flags.length > 0 ? ['[FLAGS]'] : [])].join(' ');
}

function flagName(flag) {
  const long = `--${flag.allowNo ? '[no-]' : ''}${flag.name}`;
  const value =
    flag.type === 'option' ? ` ${flag.helpValue ?? flag.options?.join('|') ?? flag.name.toUpperCase()}` : '';
  return `\`${flag.char ? `-${flag.char}, ` : ''}${long}${value}\``;
}

function flagText(flag) {
  const preset = flag.default === undefined || flag.default === false ? '' : ` [default: ${flag.default}]`;
  return `${flag.description ?? ''}${preset}`;
}

function filled(text) {
  return (text ?? '').replaceAll('<%= config.bin %>', BIN);
}

function block(text) {
  return `\`\`\`sh\n${text}\n\`\`\`\n`;
}

/** A table with its columns aligned, as the formatter would. */
function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const [first, ...rest] = cells.map(line);
  return `${[first, line(widths.map((width) => '-'.repeat(width))), ...rest].join('\n')}\n`;
}

function schemaText() {
  return execFileSync(join(root, 'bin/stage'), ['schema'], {encoding: 'utf8'});
}

const pages = {
  'README.md': readme(),
  'docs/reference/commands.md': commandsPage(),
  'docs/directives.md': directivesPage(),
  'docs/reference/workflow.schema.json': schemaText(),
};
const check = process.argv.includes('--check');
for (const [name, text] of Object.entries(pages)) {
  const path = join(root, name);
  if (!check) {
    mkdirSync(join(path, '..'), {recursive: true});
    writeFileSync(path, text);
    process.stdout.write(`wrote ${name}\n`);
    continue;
  }
  let there = '';
  try {
    there = readFileSync(path, 'utf8');
  } catch {
    // not there is as wrong as different
  }
  if (there === text) continue;
  process.stderr.write(`${name} is out of date; run: npm run docs\n`);
  process.exitCode = 1;
}
