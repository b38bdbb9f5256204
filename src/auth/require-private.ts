import {privacyOf} from '../disk/private-file.ts';
import {SignInNeeded} from '../globus-errors.ts';

/**
 * Refuse a file or directory with secrets that others could read or replace. One that is not there is no offence.
 *
 * @param look as lstat of node:fs/promises
 * @returns whether it is there
 * @throws {SignInNeeded} naming the path, its mode and the command that corrects it; the system's error when the disk
 * does not answer, which says nothing of a sign-in
 */
export async function isPrivate(
  name: string,
  kind: 'file' | 'directory',
  what: string,
  look?: Parameters<typeof privacyOf>[2],
): Promise<boolean> {
  const found = await privacyOf(name, kind, look);
  if (found.kind === 'unusable')
    throw new SignInNeeded({
      what: `The ${what} ${name} cannot be used`,
      why: found.why,
      next: [`Look at it: ls -ld ${name}`],
    });
  if (found.kind === 'open')
    throw new SignInNeeded({
      what: `The ${what} ${name} is open to others (mode ${found.mode})`,
      why: 'anyone who reads it can act in your name at Globus',
      next: [
        `Close it: chmod ${kind === 'file' ? '600' : '700'} ${name}`,
        'If others may have read it, have the secret replaced at https://app.globus.org/settings/developers',
      ],
    });
  return found.kind === 'private';
}
