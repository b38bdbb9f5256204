import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline/promises';
import type {Person} from '../app/sign-in/login.ts';
import {writeLines} from './output.ts';

/** The person at this terminal. Everything is said on stderr: stdout is for results. */
export function personAtTerminal(): Person {
  return {
    show: (lines) => writeLines(process.stderr, lines),

    async askForCode() {
      const terminal = createInterface({input: process.stdin, output: process.stderr});
      const ended = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)));
      try {
        return await Promise.race([terminal.question('Paste the code here: '), ended]);
      } finally {
        terminal.close();
      }
    },

    openBrowser(address) {
      const graphical = process.platform === 'darwin' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
      if (!graphical) return; // the address has been shown
      const command = process.platform === 'darwin' ? 'open' : 'xdg-open';
      const browser = spawn(command, [address], {detached: true, stdio: 'ignore'});
      browser.once('error', () => {}); // there is none: the address has been shown
      browser.unref();
    },
  };
}
