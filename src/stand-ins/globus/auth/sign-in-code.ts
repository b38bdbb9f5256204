import {randomInt, timingSafeEqual} from 'node:crypto';
import {chmodSync} from 'node:fs';
import {readTextRecord, writeWhole} from '../../record.ts';
import {DamagedRecord} from '../../stand-in-error.ts';

/**
 * What a person types on the sign-in page, to show that they are the user this stand-in belongs to: every user of the
 * machine can open the page, and every page that their browser shows can lead there. The service asks for a password.
 */
export interface SignInCode {
  /** where it is written, for its owner alone */
  readonly file: string;
  matches(typed: string): boolean;
}

/** Letters and digits that are not mistaken for each other; 79 bits in all: too many to try them all. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const LENGTH = 16;
const WELL_FORMED = /^([a-z0-9]{4}-){3}[a-z0-9]{4}$/;

/** @param file made with mode 0600 when it does not exist; the same code after a restart */
export function openSignInCode(file: string): SignInCode {
  const code = readCode(file) ?? writeCode(file);
  chmodSync(file, 0o600);
  return {
    file,
    matches(typed) {
      const [given, right] = [typed, code].map((text) => Buffer.from(text.toLowerCase().replace(/[^a-z0-9]/g, '')));
      return (
        given !== undefined && right !== undefined && given.length === right.length && timingSafeEqual(given, right)
      );
    },
  };
}

function readCode(file: string): string | undefined {
  const text = readTextRecord(file)?.trim();
  if (text === undefined || WELL_FORMED.test(text)) return text;
  throw new DamagedRecord(file, 'it does not hold a code', file);
}

function writeCode(file: string): string {
  const letters = Array.from({length: LENGTH}, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const code = letters.match(/.{4}/g)?.join('-') ?? letters;
  writeWhole(file, `${code}\n`);
  return code;
}
