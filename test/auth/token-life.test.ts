import {expect, test} from 'vitest';
import {lastsLongEnough} from '../../src/auth/token-store.ts';

const token = (livesMs: number, more = {}) => ({accessToken: 't', issuedAt: 0, expiresAt: livesMs, ...more});

test('a token of two days is renewed a minute before its end', () => {
  const livesMs = 172_800_000;
  expect(lastsLongEnough(token(livesMs), livesMs - 61_000)).toBe(true);
  expect(lastsLongEnough(token(livesMs), livesMs - 60_000)).toBe(false);
});

test('a token of ten seconds is used for nine of them', () => {
  expect(lastsLongEnough(token(10_000), 8_999)).toBe(true);
  expect(lastsLongEnough(token(10_000), 9_000)).toBe(false);
});

test('the lifetime of a token that another program keeps is not known: it is due a minute before its end', () => {
  const {issuedAt: _, ...kept} = token(172_800_000);
  expect(lastsLongEnough(kept, 172_800_000 - 60_000)).toBe(false);
});
