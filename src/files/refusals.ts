import type {ActTrouble} from '../base/act.ts';

/** Something is left as it is: it is not what was recorded, or cannot be acted on. The message is for people. */
export class LeftAlone extends Error {}

export function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;
}

/** What the system says of one name, which another try would not change. */
const OF_ONE_NAME: Readonly<Record<string, string>> = {
  EACCES: 'permission was denied',
  EPERM: 'the operation is not permitted',
  ENOTEMPTY: 'the directory holds something that was put there since',
  EBUSY: 'it is in use, or something is mounted there',
  EISDIR: 'a directory is in its place',
  ENOTDIR: 'a part of its path is not a directory',
  ENAMETOOLONG: 'its name is too long there',
  EMLINK: 'it has as many links as the file system allows',
  ELOOP: 'a symbolic link is in its place',
  EINVAL: 'the file system refuses it',
};

/** Why one name is left alone. @returns undefined for what is no word about one name: it is met again by the next one */
export function leftBecause(thrown: unknown): string | undefined {
  if (thrown instanceof LeftAlone) return thrown.message;
  return OF_ONE_NAME[codeOf(thrown) ?? ''];
}

/** @throws what is no word of the operating system: a defect */
export function troubleOf(thrown: unknown, path: string): ActTrouble {
  const code = codeOf(thrown);
  if (!(thrown instanceof Error) || code === undefined) throw thrown;
  return {code, path, said: thrown.message.replace(/^[A-Z]+: /, '').replace(/, \w+( '.*)?$/s, '')};
}
