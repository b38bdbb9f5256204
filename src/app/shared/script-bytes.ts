import {shellWord} from '../../base/shell.ts';

/** Programs, and what was packed: their first bytes. */
const NO_TEXT: readonly (readonly [magic: readonly number[], what: string])[] = [
  [[0x7f, 0x45, 0x4c, 0x46], 'a program'],
  [[0x1f, 0x8b], 'packed by gzip'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF document'],
];
const UTF_16: readonly (readonly [mark: readonly number[], name: string])[] = [
  [[0xff, 0xfe], 'UTF-16LE'],
  [[0xfe, 0xff], 'UTF-16BE'],
];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
/** Bytes behind these may be the payload of a script that unpacks itself. */
const HEAD = 512;

/**
 * Why the bytes of a file can be no batch script, if they cannot. qsub takes some of them: with a byte order mark it
 * passes over every directive (measured on OpenPBS 23.06), and the shell does not see the `#!`. Pure.
 */
export function whatIsNoScript(file: string, content: Uint8Array): string | undefined {
  if (content.every(isBlank)) return `${file}: the script is empty`;
  const utf16 = UTF_16.find(([mark]) => beginsWith(content, mark))?.[1] ?? guessUtf16(content);
  if (utf16 !== undefined) {
    const convert = `iconv -f ${utf16} -t UTF-8 ${shellWord(file)} > new.sh`;
    return `${file}: the script is in UTF-16, which neither PBS nor a shell reads; convert it: ${convert}`;
  }
  if (beginsWith(content, BYTE_ORDER_MARK)) {
    const remove = `sed -i '1s/^\\xEF\\xBB\\xBF//' ${shellWord(file)}`;
    return `${file}:1: the script begins with a byte order mark: PBS would pass over all its #PBS lines; remove it: ${remove}`;
  }
  const what = NO_TEXT.find(([magic]) => beginsWith(content, magic))?.[1];
  if (what !== undefined) return `${file}: the file is ${what}, and no script; call it from a script`;
  if (content.subarray(0, HEAD).includes(0)) return `${file}: the file is not text; call it from a script`;
  return wrongLineEnd(file, new TextDecoder().decode(content));
}

/** What is wrong with the line ends of a batch script, if anything. qsub refuses CR LF ("script contains cr, lf"). */
function wrongLineEnd(file: string, text: string): string | undefined {
  const crlf = text.indexOf('\r\n');
  if (crlf < 0) return undefined;
  const line = text.slice(0, crlf).split('\n').length;
  return `${file}:${line}: the line ends in CR LF, which PBS refuses; convert it: sed -i 's/\\r$//' ${shellWord(file)}`;
}

/** Without a mark: each second byte of its beginning is 0. */
function guessUtf16(content: Uint8Array): string | undefined {
  const head = content.subarray(0, 16);
  if (head.length < 4) return undefined;
  const zeros = [0, 1].map((from) => head.filter((byte, index) => index % 2 === from && byte === 0).length);
  const half = Math.floor(head.length / 2);
  if (zeros[1] === half && zeros[0] === 0) return 'UTF-16LE';
  return zeros[0] === Math.ceil(head.length / 2) && zeros[1] === 0 ? 'UTF-16BE' : undefined;
}

function beginsWith(content: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => content[index] === byte);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
