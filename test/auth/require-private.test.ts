import {expect, test} from 'vitest';
import {isPrivate} from '../../src/auth/require-private.ts';
import {SignInNeeded} from '../../src/globus-errors.ts';

/** Of a disk whose lstat(2) fails so. */
const look = (code: string) =>
  isPrivate('/a/file', 'file', 'token file', () => Promise.reject(Object.assign(new Error('no'), {code})));

test('a file that is not there is no offence', async () => {
  expect(await look('ENOENT')).toBe(false);
});

test.each(['EACCES', 'ENOTDIR', 'ELOOP'])('%s: a person has to correct modes or paths', async (code) => {
  await expect(look(code)).rejects.toBeInstanceOf(SignInNeeded);
});

test.each(['EIO', 'ESTALE', 'ETIMEDOUT', 'EMFILE'])('%s says nothing of a sign-in', async (code) => {
  await expect(look(code)).rejects.toMatchObject({code});
  await expect(look(code)).rejects.not.toBeInstanceOf(SignInNeeded);
});
