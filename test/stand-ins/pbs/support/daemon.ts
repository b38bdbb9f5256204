import {createServer, type Server} from 'node:net';
import {z} from 'zod';
import type {Lasts} from '../../../../src/stand-ins/day.ts';
import {openPbsStandIn, type PbsStandIn, pbsCommandSchema} from '../../../../src/stand-ins/pbs/pbs-stand-in.ts';

/** A unix-socket server around the stand-in, as small as it can be. */
export interface Daemon {
  readonly pbs: PbsStandIn;
  readonly server: Server;
  /** stop answering; running jobs go on */
  close(): Promise<void>;
  /** also end running jobs */
  stop(): Promise<void>;
}

export async function serve(root: string, socketPath: string, serverName: string, lasts?: Lasts): Promise<Daemon> {
  const pbs = await openPbsStandIn({root, serverName, ...(lasts ? {lasts} : {}), log: (line) => console.error(line)});
  const request = pbsCommandSchema.extend({kind: z.literal('pbs')});
  const server = createServer((socket) => {
    socket.setEncoding('utf8');
    let text = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end < 0) return;
      const read: unknown = JSON.parse(text.slice(0, end));
      const {kind: _kind, ...command} = request.parse(read);
      const send = (part: object): void => void (socket.destroyed || socket.write(`${JSON.stringify(part)}\n`));
      void pbs.handle(command, send).then((answer) => {
        send(answer);
        socket.end();
      });
    });
  });
  await new Promise<void>((done) => server.listen(socketPath, done));
  const hangUp = (): Promise<void> => new Promise((done) => void server.close(() => done()));
  return {
    pbs,
    server,
    async close() {
      await pbs.close();
      await hangUp();
    },
    async stop() {
      await pbs.stop();
      await hangUp();
    },
  };
}
