import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Config, Errors, run, settings} from '@oclif/core';
import {asStageError, showError} from './stage-command.ts';
import {NoSuchCommand, requireHelpSubject, spellOut} from './words-for-help.ts';

// The package holds compiled commands only; looking for sources would cost every start.
settings.enableAutoTranspile = false;

/**
 * oclif's plugins (help, autocomplete, not-found) are loaded only where they can be meant: reading what each
 * brings costs a sixth of a start, and batch scripts call commands of our own all day.
 */
async function configure(argv: readonly string[]): Promise<Config> {
  const dist = dirname(fileURLToPath(import.meta.url));
  const root = dirname(dist);
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')); // our own file, of the form oclif reads
  const topic = argv[0] ?? '';
  const own =
    /^[a-z]+$/.test(topic) &&
    (existsSync(join(dist, 'commands', `${topic}.js`)) || existsSync(join(dist, 'commands', topic, `${argv[1]}.js`)));
  if (own) pjson.oclif.plugins = [];
  return Config.load({root, pjson});
}

const UNKNOWN_COMMAND = 127;

/** oclif says that there is no such command, and not which. */
function unknownCommand(thrown: unknown): NoSuchCommand | undefined {
  if (!(thrown instanceof Errors.CLIError) || thrown.oclif.exit !== UNKNOWN_COMMAND) return undefined;
  return new NoSuchCommand(typed);
}

/** Output that cannot be written (a full disk behind `>`) reaches nobody through a promise. */
function endOnFailedOutput(thrown: unknown): never {
  const error = asStageError(thrown);
  try {
    showError(error, {json: false});
  } catch {
    // Neither can the error be written.
  }
  process.exit(error.exit);
}

const typed = process.argv.slice(2);
const argv = spellOut(typed);
process.on('uncaughtException', endOnFailedOutput);
try {
  const config = await configure(argv);
  requireHelpSubject(config, argv);
  await run(argv, config);
} catch (thrown) {
  if (thrown instanceof Errors.ExitError) process.exitCode = thrown.oclif.exit;
  else showError(unknownCommand(thrown) ?? asStageError(thrown), {json: typed.includes('--json')});
}
