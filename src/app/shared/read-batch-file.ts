import {readFileSync} from 'node:fs';
import {isAbsolute} from 'node:path';
import {workingDirectory} from './working-directory.ts';

/** A hundred thousand items with long paths. */
const MAX_BYTES = 64 * 1024 * 1024;

type BatchText = {readonly text: string} | {readonly wrong: string};

/** The text of a batch file; or why it cannot be read. */
export function readBatchFile(path: string): BatchText {
  try {
    return textOf(readFileSync(path));
  } catch (error) {
    return {wrong: fileReason(error)};
  }
}

/**
 * All that comes on standard input, to its end, however slowly it comes. It is read as a stream: a pipe may have been
 * set to not block, by Node.js itself or by the program at its other end, and one read of it then gives EAGAIN.
 */
export async function readStandardInput(input: AsyncIterable<Uint8Array | string> = process.stdin): Promise<BatchText> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of input) {
      chunks.push(Buffer.from(chunk));
      bytes += chunk.length;
      if (bytes > MAX_BYTES) break;
    }
    return textOf(Buffer.concat(chunks));
  } catch (error) {
    return {wrong: fileReason(error)};
  }
}

function textOf(content: Uint8Array): BatchText {
  if (content.byteLength > MAX_BYTES) return {wrong: 'it is larger than 64 MiB'};
  try {
    return {text: new TextDecoder('utf-8', {fatal: true}).decode(content)};
  } catch {
    return {wrong: 'it is not UTF-8'};
  }
}

/** Why a file that a person named cannot be read. @throws {DirectoryGone} when it was looked for in a directory that is gone */
export function fileReason(error: unknown): string {
  const {code, path} = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path !== undefined && !isAbsolute(path)) workingDirectory();
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'it does not exist',
    EACCES: 'permission was denied',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of its path is not a directory',
  };
  return words[code ?? ''] ?? `the system says ${code ?? String(error)}`;
}
