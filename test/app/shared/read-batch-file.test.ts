import {Readable} from 'node:stream';
import {setTimeout as pause} from 'node:timers/promises';
import {expect, test, vi} from 'vitest';
import {fileReason, readBatchFile, readStandardInput} from '../../../src/app/shared/read-batch-file.ts';
import {DirectoryGone} from '../../../src/app/shared/working-directory.ts';

async function* slowly(...parts: (string | Uint8Array)[]) {
  for (const part of parts) {
    await pause(5);
    yield part;
  }
}

test('standard input is read to its end, however it is cut', async () => {
  const word = Buffer.from('é.nc');
  const parts = slowly('a b\n', word.subarray(0, 1), word.subarray(1), ' d\n');
  expect(await readStandardInput(parts)).toEqual({text: 'a b\né.nc d\n'});
});

test('what is not UTF-8, too large, or breaks off is told and not used', async () => {
  expect(await readStandardInput(slowly(Buffer.from([0x61, 0xe9, 0x0a])))).toEqual({wrong: 'it is not UTF-8'});
  const megabyte = Buffer.alloc(2 ** 20, 'x');
  let given = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) {
        given++;
        yield megabyte;
      }
    })(),
  );
  expect(await readStandardInput(endless)).toEqual({wrong: 'it is larger than 64 MiB'});
  expect(given).toBeLessThan(200);
  const broken = Readable.from([]);
  broken.destroy(Object.assign(new Error('x'), {code: 'EISDIR'}));
  expect(await readStandardInput(broken)).toEqual({wrong: 'it is a directory'});
});

test('a file is missing where the current directory stands, and cannot be told where that is gone', () => {
  expect(readBatchFile('no-such-file')).toEqual({wrong: 'it does not exist'});
  const gone = Object.assign(new Error('gone'), {code: 'ENOENT', syscall: 'uv_cwd'});
  vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw gone;
  });
  try {
    expect(() => fileReason(Object.assign(new Error('x'), {code: 'ENOENT', path: 'x.yaml'}))).toThrow(DirectoryGone);
    expect(fileReason(Object.assign(new Error('x'), {code: 'ENOENT', path: '/x.yaml'}))).toBe('it does not exist');
  } finally {
    vi.restoreAllMocks();
  }
});
