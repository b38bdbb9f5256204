import {accessSync, constants} from 'node:fs';
import {access, stat} from 'node:fs/promises';
import path from 'node:path';

/** The path of a command that could be run: in the directory that is named, else along PATH. */
export async function findCommand(command: string, directory?: string): Promise<string | undefined> {
  const directories = directory === undefined ? (process.env.PATH ?? '').split(path.delimiter) : [directory];
  for (const candidate of directories.filter((name) => name !== '').map((name) => path.join(name, command)))
    if (await isProgram(candidate)) return candidate;
  return undefined;
}

/** The first directory of PATH with a program of that name. Does not wait: for where nothing can. */
export function directoryOnPath(command: string): string | undefined {
  const directories = (process.env.PATH ?? '').split(path.delimiter).filter((name) => path.isAbsolute(name));
  return directories.find((directory) => {
    try {
      accessSync(path.join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false; // not there, or not ours to run
    }
  });
}

async function isProgram(file: string): Promise<boolean> {
  return await access(file, constants.X_OK)
    .then(() => stat(file))
    .then(
      (found) => found.isFile(),
      () => false,
    );
}
