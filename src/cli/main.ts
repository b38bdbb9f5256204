import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Config, Errors, run, settings} from '@oclif/core';
import {builtVersion} from '../wiring/built-version.ts';
import {writeText} from './output.ts';
import {asStageError, showError} from './stage-command.ts';
import {longFlags, requireCommand} from './words-for-help.ts';

// The package holds compiled commands only; looking for sources would cost every start.
settings.enableAutoTranspile = false;

const DIST = dirname(fileURLToPath(import.meta.url));

/** Version, commit and Node.js, as "stage --version" tells them. */
function versionText({version, platform, arch}: Config): string {
  return `stage ${builtVersion(version)}, Node.js ${process.versions.node}, ${platform}-${arch}`;
}

/** Output that cannot be written (a full disk behind `>`) is not reported through a promise. */
function endOnFailedOutput(thrown: unknown): never {
  const error = asStageError(thrown);
  try {
    showError(error, {json: false});
  } catch {
    // Neither can the error be written.
  }
  process.exit(error.exit);
}

async function main(): Promise<void> {
  try {
    const config = await Config.load({root: dirname(DIST)});
    requireCommand(config, argv);
    if (argv[0] === '--version') writeText(process.stdout, versionText(config));
    else await run(argv, config);
  } catch (thrown) {
    if (thrown instanceof Errors.ExitError) process.exitCode = thrown.oclif.exit;
    else showError(asStageError(thrown), {json: typed.includes('--json')});
  }
}

const typed = process.argv.slice(2);
const argv = longFlags(typed);
process.on('uncaughtException', endOnFailedOutput);
/** Settled when the command has ended, for a process that runs several. */
export const commandEnd = main();
