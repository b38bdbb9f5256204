/** Paths of this cluster as text. Pure. */

/**
 * An absolute path without doubled slashes, `.` and a slash at its end.
 *
 * @returns the path, or what is wrong with it
 */
export function readAbsolutePath(text: string): {readonly path: string} | string {
  if (/[\r\n\0]/.test(text)) return 'has a line end or NUL in it';
  if (/^~(\/|$)/.test(text)) return '"~" is not expanded; needs an absolute path';
  if (!text.startsWith('/')) return 'is relative; needs an absolute path, which starts with "/"';
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return 'has ".." in it; write out what is meant';
  return {path: `/${parts.join('/')}`};
}

/** Whether a path lies below a directory, which itself does not. */
export function isBelow(path: string, directory: string): boolean {
  return path !== directory && path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** Whether one of two paths is the other, or lies below it. */
export function overlap(one: string, other: string): boolean {
  return one === other || isBelow(one, other) || isBelow(other, one);
}
