import {atTheEdge, shown, visible, visibleJson} from '../base/visible.ts';

// Where text leaves for a terminal: no other file of stage writes to one (test/cli/output.test.ts looks for them).
// start.ts is the exception, which can load nothing.

/**
 * A report in words. Each text in it is made visible before it is laid out, so that lines and colours are those of the
 * layout alone; what goes past that all the same is spelt out as it leaves. Pure, as far as `render` is.
 */
export function inWords<T>(report: T, render: (report: T) => string, form: {readonly colour: boolean}): string {
  return atTheEdge(render(shown(report)), form);
}

/** Lines that have been laid out. @param colour whether the colours of stage are in it */
export function writeText(stream: Pick<NodeJS.WriteStream, 'write'>, text: string, colour = false): void {
  stream.write(`${atTheEdge(text, {colour})}\n`);
}

/** Values as lines of their own, with nothing in them that a terminal obeys. */
export function writeLines(stream: Pick<NodeJS.WriteStream, 'write'>, lines: readonly string[]): void {
  if (lines.length > 0) stream.write(`${lines.map(visible).join('\n')}\n`);
}

/** Lines that a shell reads: exactly as they are, unless they are shown in a terminal instead. */
export function writeForShell(stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>, lines: readonly string[]): void {
  if (stream.isTTY) writeLines(stream, lines);
  else stream.write(lines.map((line) => `${line}\n`).join(''));
}

/** A document for programs. @param indent of its lines; all in one line when absent */
export function writeDocument(document: unknown, indent?: number): void {
  process.stdout.write(`${visibleJson(JSON.stringify(document, null, indent))}\n`);
}
