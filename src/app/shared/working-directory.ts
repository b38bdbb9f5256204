import {RequestWrong} from '../../errors.ts';

/** What was asked for begins in the current directory, and that was deleted. */
export class DirectoryGone extends RequestWrong {
  constructor() {
    super('the current directory does not exist any more', {
      code: 'DIRECTORY_GONE',
      why: 'it was deleted or replaced after this shell went there',
      next: ['cd to one that does, then run the same command again.'],
    });
  }
}

/** The current directory. @throws {DirectoryGone} */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw isOfWorkingDirectory(error) ? new DirectoryGone() : error;
  }
}

/** Node.js asks for it whenever a relative path is made absolute. */
export function isOfWorkingDirectory(error: unknown): boolean {
  const {code, syscall} = error as NodeJS.ErrnoException;
  return code === 'ENOENT' && syscall === 'uv_cwd';
}
