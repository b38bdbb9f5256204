import {createInterface} from 'node:readline';
import type {Ask} from '../app/site/profile-init.ts';
import {visible} from '../base/visible.ts';
import {RequestWrong} from '../errors.ts';
import {writeLines} from './output.ts';

/** Ask on stderr, read from stdin: stdout stays free for the result. Answers typed or pasted ahead are kept. */
export function askInTerminal(): {readonly ask: Ask; readonly close: () => void} {
  const terminal = createInterface({input: process.stdin, output: process.stderr});
  terminal.once('SIGINT', () => terminal.close());
  const lines = terminal[Symbol.asyncIterator]();
  return {
    close: () => terminal.close(),
    async ask({text, proposal, choices}, complaint) {
      if (complaint !== undefined) writeLines(process.stderr, [`  ${complaint}`]);
      const hints = [
        choices && choices.length <= 12 ? choices.join(', ') : '',
        proposal === undefined ? 'empty for none' : `[${proposal}]`,
      ];
      terminal.setPrompt(visible(`${[text, ...hints.filter((hint) => hint !== '')].join('; ')}: `));
      terminal.prompt();
      const line = await lines.next();
      if (!line.done) return line.value;
      throw new RequestWrong('not all questions were answered', {
        why: 'the input ended',
        next: ['Nothing was written. Run the command again, or give all values as flags: stage profile init --help'],
      });
    },
  };
}
