import {chmodSync, mkdirSync, rmSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {dirname} from 'node:path';
import type {ControlAnswer, ControlOutcome, ControlRequest} from './control.ts';
import {isOthersDirectory} from './others-directory.ts';
import type {Outages} from './outages.ts';
import {answerPbs, CUT} from './pbs/outage.ts';
import type {Emit, PbsCommand, PbsStandIn} from './pbs/pbs-stand-in.ts';
import {DamagedRecord, servedToOthers} from './stand-in-error.ts';

type Answering = (request: ControlRequest) => Promise<ControlAnswer>;

/** Serve the commands of PBS and of `stage local` on a socket, in a directory that no other user can enter. */
export function listen(
  path: string,
  pbs: PbsStandIn | undefined,
  outages: Outages,
  answer: Answering,
  log: (line: string) => void,
  failed: (error: Error) => void,
  ready: () => void,
): Server {
  mkdirSync(dirname(path), {recursive: true, mode: 0o700});
  if (isOthersDirectory(dirname(path))) throw servedToOthers(dirname(path));
  rmSync(path, {force: true}); // left by a process that was killed: the lock is ours
  const server = createServer({allowHalfOpen: true}, (socket) => {
    readLine(
      socket,
      async (line, gone) => {
        // Only this program's own commands can reach a socket in a directory of mode 0700.
        const message = JSON.parse(line) as ({kind: 'pbs'} & PbsCommand) | ({kind: 'control'} & ControlRequest);
        if (message.kind === 'pbs') {
          if (!pbs)
            return {stdout: '', stderr: 'the stand-in PBS does not run: only Globus was started\n', exitCode: 1};
          const emit: Emit = (part) => socket.write(`${JSON.stringify(part)}\n`);
          return answerPbs(outages, {command: message, gone, answer: () => pbs.handle(message, emit)});
        }
        return answer(message).then(
          (given): ControlOutcome => ({answer: given}),
          (error: Error): ControlOutcome =>
            error instanceof DamagedRecord
              ? {damaged: {what: error.message, why: error.why, next: error.next}}
              : {wrong: error.message},
        );
      },
      log,
    );
  });
  server.on('error', failed);
  server.listen(path, () => {
    chmodSync(path, 0o600);
    ready();
  });
  return server;
}

function readLine(
  socket: Socket,
  answer: (line: string, gone: AbortSignal) => Promise<unknown>,
  log: (line: string) => void,
): void {
  let text = '';
  const gone = new AbortController();
  for (const sign of ['end', 'close']) socket.once(sign, () => gone.abort());
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy()); // the client has gone
  socket.on('data', (chunk: string) => {
    const before = text.length;
    text += chunk;
    const end = text.indexOf('\n', before);
    if (end < 0) return;
    socket.removeAllListeners('data');
    socket.resume(); // so that its end is noticed
    answer(text.slice(0, end), gone.signal).then(
      (given) => (given === CUT ? socket.destroy() : socket.end(`${JSON.stringify(given)}\n`)),
      (error: Error) => {
        log(`defect: ${error.stack ?? error.message}`);
        socket.end(
          `${JSON.stringify({wrong: `a defect of the stand-in: ${error.message}`, stdout: '', stderr: 'stand-in: internal error\n', exitCode: 70})}\n`,
        );
      },
    );
  });
}
