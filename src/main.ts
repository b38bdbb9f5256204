#!/usr/bin/env node
import {Errors, run, settings} from '@oclif/core';
import {asStageError, showError} from './app/stage-command.ts';

// The package holds compiled commands only; looking for sources would cost every start.
settings.enableAutoTranspile = false;

try {
  await run(process.argv.slice(2), import.meta.url);
} catch (thrown) {
  if (thrown instanceof Errors.ExitError) process.exitCode = thrown.oclif.exit;
  else showError(asStageError(thrown), {json: process.argv.includes('--json')});
}
