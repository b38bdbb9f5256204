import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

// Jobs that have not quite ended take their files away while a test looks at them.

/** Paths of all files below a directory; without what goes away meanwhile. */
export function filesUnder(directory: string): string[] {
  const entries = unlessGone(() => readdirSync(directory, {withFileTypes: true})) ?? [];
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
}

/** What a file holds, a character for each byte; nothing when it is gone. */
export function bytesIn(file: string): string | undefined {
  return unlessGone(() => readFileSync(file, 'latin1'));
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}
