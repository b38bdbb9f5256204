import {createHash} from 'node:crypto';
import {closeSync, constants, openSync, readFileSync} from 'node:fs';
import {shellWord} from '../base/shell.ts';
import {requireTrusted, untrustedOwn} from '../disk/trust.ts';
import {naming} from '../disk/whole-file.ts';
import {EXIT, StageError} from '../errors.ts';

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * A script of a run as it was recorded. It is read without following a link.
 *
 * @param recorded its SHA-256 in hex; empty where none was
 * @throws {NotTrusted} when another user could write in it @throws {ScriptChanged} when it is another one by now
 * @throws the system's error, naming it, when it cannot be read
 */
export function readRecorded(
  path: string,
  recorded: string,
  of: {readonly run: string; readonly step: string},
): Buffer {
  requireTrusted(untrustedOwn(path));
  const content = naming(path, () => {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  });
  if (recorded !== '' && sha256(content) !== recorded) throw new ScriptChanged(path, recorded, of);
  return content;
}

/** A script of a run is not the one that the run was created or updated with. No job was submitted for it. */
export class ScriptChanged extends StageError {
  constructor(path: string, recorded: string, {run, step}: {readonly run: string; readonly step: string}) {
    super({
      code: 'SCRIPT_CHANGED',
      exit: EXIT.usage,
      what: `the script of ${step} in the state directory is not the one that was recorded`,
      why: `the SHA-256 of ${path} is not ${recorded}, and stage does not run it`,
      next: [
        `Put back what was recorded: cp SCRIPT ${shellWord(path)}`,
        `When it is tried again: stage why ${run} ${step}`,
      ],
    });
  }
}
