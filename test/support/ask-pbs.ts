import {connect} from 'node:net';
import {userInfo} from 'node:os';

/**
 * What a PBS command of the stand-in prints, asked at its socket as its client asks (src/stand-ins/pbs/client.ts): tests
 * look at the queue over and over, and a process for each look costs more than the look.
 *
 * @throws {Error} when nothing answers, or nothing whole
 */
export function askPbs(socketPath: string, command: string, ...argv: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(socketPath);
    socket.setEncoding('utf8');
    socket.on('connect', () => {
      const asked = {kind: 'pbs', command, argv, cwd: '/', env: {}, user: userInfo().username};
      socket.write(`${JSON.stringify(asked)}\n`);
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      try {
        const parts = text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as {stdout?: string}); // the stand-in's own
        resolve(parts.map(({stdout = ''}) => stdout).join(''));
      } catch {
        reject(new Error(`${command} ${argv.join(' ')}: half an answer: ${text}`));
      }
    });
  });
}
