import {expect, test} from 'vitest';
import {whatIsNoScript} from '../../../src/app/shared/script-bytes.ts';

const bytes = (...parts: (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

test.each([
  ['nothing', bytes(), /is empty/],
  ['blanks alone', bytes(' \n\t\n'), /is empty/],
  ['UTF-16 with a mark', Buffer.from('\ufeff#!/bin/sh\necho\n', 'utf16le'), /UTF-16.*iconv -f UTF-16LE/],
  ['UTF-16 without one', Buffer.from('#!/bin/sh\necho\n', 'utf16le'), /UTF-16.*iconv -f UTF-16LE/],
  ['a byte order mark', bytes([0xef, 0xbb, 0xbf], '#!/bin/sh\n'), /^s\.sh:1: .*byte order mark.*sed/],
  ['a program', bytes([0x7f], 'ELF', [2, 1, 1, 0]), /is a program/],
  ['what gzip packed', bytes([0x1f, 0x8b, 8, 0]), /packed by gzip/],
  ['bytes that are no text', bytes('#!/bin/sh\n', [0, 1, 2, 3, 9]), /not text/],
  ['line ends of Windows', bytes('#!/bin/sh\necho\r\n'), /^s\.sh:2: .*CR LF/],
])('%s is told in words of its own', (_, content, words) => {
  expect(whatIsNoScript('s.sh', content)).toMatch(words);
});

test.each([
  ['a script', bytes('#!/bin/sh\necho\n')],
  ['one without a last line end', bytes('echo')],
  ['other extensions of ASCII', bytes('#!/bin/sh\n# M', [0xfc], 'ller\n')],
  ['what unpacks itself', bytes('#!/bin/sh\nexit 0\n', '#'.repeat(600), '\n', [0, 1, 2, 0x1f, 0x8b])],
])('%s is a script', (_, content) => {
  expect(whatIsNoScript('s.sh', content)).toBeUndefined();
});
