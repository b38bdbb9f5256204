import {readFileSync} from 'node:fs';

/** A hundred thousand items with long paths. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The text of a batch file; or why it cannot be read. @param path 0 is standard input */
export function readBatchFile(path: string | 0): {readonly text: string} | {readonly wrong: string} {
  try {
    const content = readFileSync(path);
    if (content.byteLength > MAX_BYTES) return {wrong: 'it is larger than 64 MiB'};
    return {text: new TextDecoder('utf-8', {fatal: true}).decode(content)};
  } catch (error) {
    return {wrong: error instanceof TypeError ? 'it is not UTF-8' : fileReason(error)};
  }
}

/** Why a file that a person named cannot be read. */
export function fileReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'it does not exist',
    EACCES: 'permission was denied',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of its path is not a directory',
  };
  return words[code ?? ''] ?? `the system says ${code ?? String(error)}`;
}
