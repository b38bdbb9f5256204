// Writes what docs/ has of the commands themselves: docs/reference/commands.md from the oclif manifest, and
// docs/reference/workflow.schema.json as "stage schema" prints it. Build first. With --check nothing is written,
// and the exit code is 1 when the files differ from what would be.
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const BIN = 'stage';

const EXIT_CODES = [
  [0, 'done, or done already'],
  [1, 'what you asked about (a run, job or transfer) has failed, or was cancelled'],
  [2, 'the command or the workflow has a mistake, or names what does not exist; nothing was changed'],
  [3, 'it is your turn: credentials, a sign-in or a consent'],
  [4, 'PBS, Globus or the disk cannot be used at the moment; repeat the command later'],
  [5, 'it changed meanwhile: another process was first'],
  [70, 'a defect of stage'],
  [126, 'stage itself could not be loaded: it is being installed, or its installation is damaged'],
  [130, 'watching (`--wait`) was ended with Ctrl-C; the run goes on'],
];

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
    table(
      ['exit', 'meaning'],
      EXIT_CODES.map(([code, meaning]) => [String(code), meaning]),
    ),
    ...shown.flatMap((command) => section(command)),
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
  'docs/reference/commands.md': commandsPage(),
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
