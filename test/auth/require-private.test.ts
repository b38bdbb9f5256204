import {expect, test, vi} from 'vitest';
import {isPrivate} from '../../src/auth/require-private.ts';
import {SignInNeeded} from '../../src/globus-errors.ts';

const answer = vi.hoisted(() => ({code: ''}));
vi.mock('node:fs/promises', () => ({lstat: async () => Promise.reject(Object.assign(new Error('no'), answer))}));

const look = () => isPrivate('/a/file', 'file', 'token file');

test('a file that is not there is no offence', async () => {
  answer.code = 'ENOENT';
  expect(await look()).toBe(false);
});

test.each(['EACCES', 'ENOTDIR', 'ELOOP'])('%s: a person has to correct modes or paths', async (code) => {
  answer.code = code;
  await expect(look()).rejects.toBeInstanceOf(SignInNeeded);
});

test.each(['EIO', 'ESTALE', 'ETIMEDOUT', 'EMFILE'])('%s says nothing of a sign-in', async (code) => {
  answer.code = code;
  await expect(look()).rejects.toMatchObject({code});
  await expect(look()).rejects.not.toBeInstanceOf(SignInNeeded);
});
