import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {worldsDirectory} from './batch-system.ts';

/** The PBS commands behind scripts of a test's own, so that it can bring about what the server at hand cannot be queried for. */
export interface WrappedCommands {
  /** for `scheduler.bin` of the profile; other files of the test may lie there, too */
  readonly bin: string;
  /** shell text for the path of a real command */
  real(command: string): string;
  remove(): void;
}

const COMMANDS = ['qsub', 'qstat', 'qselect', 'qdel', 'qhold', 'qrls', 'qalter'];

/** @param before lines of sh that come before a command is run, with its arguments as `$@` */
export function wrapCommands(before: (command: string, wrapped: WrappedCommands) => string): WrappedCommands {
  const bin = mkdtempSync(join(worldsDirectory(), 'stage-commands-'));
  const onPath = (process.env.PATH ?? '').split(delimiter).find((directory) => existsSync(join(directory, 'qsub')));
  const wrapped: WrappedCommands = {
    bin,
    // In a job of somebody else's PBS the commands may not be on PATH.
    real: (command) =>
      process.env.STAGE_TEST_PBS === '1' ? `'${onPath}/${command}'` : `"$STAGE_HOME"/stand-ins/bin/${command}`,
    remove: () => rmSync(bin, {recursive: true, force: true}),
  };
  for (const command of COMMANDS)
    writeFileSync(join(bin, command), `#!/bin/sh\n${before(command, wrapped)}\nexec ${wrapped.real(command)} "$@"\n`, {
      mode: 0o755,
    });
  return wrapped;
}
