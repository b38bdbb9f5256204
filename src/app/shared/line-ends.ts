import {shellWord} from '../../base/shell.ts';

/** What is wrong with the line ends of a batch script, if anything. qsub refuses CR LF ("script contains cr, lf"). */
export function wrongLineEnd(file: string, text: string): string | undefined {
  const crlf = text.indexOf('\r\n');
  if (crlf < 0) return undefined;
  const line = text.slice(0, crlf).split('\n').length;
  return `${file}:${line}: the line ends in CR LF, which PBS refuses; convert it: sed -i 's/\\r$//' ${shellWord(file)}`;
}
