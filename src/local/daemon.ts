import {appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {dirname, join} from 'node:path';
import type {ControlAnswer, ControlRequest, LocalStatus} from './control.ts';
import {type GlobusStandIn, openGlobusStandIn} from './globus/globus-stand-in.ts';
import {takeLock} from './lock.ts';
import {writeCommands} from './pbs/commands.ts';
import {openPbsStandIn, type PbsCommand, type PbsStandIn} from './pbs/pbs-stand-in.ts';
import {FIRST_COLLECTIONS, type StandInHome, standInHome} from './stand-in-home.ts';

export interface DaemonOptions {
  readonly stageHome: string;
  readonly version: string;
  /** the bundled client behind the PBS commands */
  readonly clientJs: string;
  /** their quick front, which a build makes where it finds a C compiler */
  readonly front: string;
}

/**
 * Run both stand-ins in this process until `stage local down` or a signal ends it.
 *
 * @returns false at once when another process serves this directory already
 */
export async function serveStandIns({stageHome, version, clientJs, front}: DaemonOptions): Promise<boolean> {
  const home = standInHome(stageHome);
  mkdirSync(home.root, {recursive: true, mode: 0o700});
  const giveBack = takeLock(home.lock);
  if (!giveBack) return false;
  const log = (line: string) => appendFileSync(home.log, `${new Date().toISOString()} ${line}\n`, {mode: 0o600});

  const globus = await openGlobusStandIn({root: home.globus, log: (line) => log(`globus ${line}`)});
  for (const [name, id] of Object.entries(FIRST_COLLECTIONS))
    globus.addCollection({name, id, directory: join(home.collections, name)});
  publishNames(home, globus);
  const pbs = await openPbsStandIn({root: home.pbs, binDirectory: home.bin, log: (line) => log(`pbs ${line}`)});
  writeCommands(home.bin, {node: process.execPath, clientJs, front, socketPath: home.socket});
  const {clientId, clientSecret} = globus.credentials();
  writeFileSync(home.credentials, `${JSON.stringify({client_id: clientId, client_secret: clientSecret})}\n`, {
    mode: 0o600,
  });

  await new Promise<void>((resolve, reject) => {
    const status = (): LocalStatus => ({
      pid: process.pid,
      version,
      url: globus.url,
      jobs: pbs.counts(),
      tasks: globus.counts(),
      collections: globus.collections(),
    });
    const end = () => {
      server.close();
      resolve();
    };
    const server = listen(
      home.socket,
      pbs,
      (request) => control({request, pbs, globus, home, status, end}),
      log,
      reject,
      () => {
        // Written last: whoever finds it finds everything ready.
        writeFileSync(
          home.running,
          `${JSON.stringify({pid: process.pid, url: globus.url, version, startedAt: new Date().toISOString()})}\n`,
          {mode: 0o600},
        );
        log(`ready at ${globus.url}`);
      },
    );
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
    process.on('SIGHUP', () => {}); // the terminal that started it may close
  });

  rmSync(home.running, {force: true});
  await pbs.close();
  await globus.close();
  rmSync(home.socket, {force: true});
  log('ended');
  giveBack();
  return true;
}

interface Control {
  readonly request: ControlRequest;
  readonly pbs: PbsStandIn;
  readonly globus: GlobusStandIn;
  readonly home: StandInHome;
  readonly status: () => LocalStatus;
  readonly end: () => void;
}

async function control({request, pbs, globus, home, status, end}: Control): Promise<ControlAnswer> {
  let wiped: number | undefined;
  switch (request.do) {
    case 'status':
      break;
    case 'wipe':
      wiped = await pbs.wipe();
      break;
    case 'pause':
      globus.pause(request.collection, request.message);
      break;
    case 'resume':
      globus.resume(request.collection);
      break;
    case 'rate':
      globus.setRate(request.bytesPerSecond);
      break;
    case 'add-collection':
      globus.addCollection({name: request.name, directory: request.directory});
      publishNames(home, globus);
      break;
    case 'down':
      await pbs.stop();
      setImmediate(end);
      break;
    default:
      request satisfies never;
  }
  return {status: status(), ...(wiped === undefined ? {} : {wiped})};
}

function publishNames(home: StandInHome, globus: GlobusStandIn): void {
  const names = Object.fromEntries(globus.collections().map(({name, id}) => [name, id]));
  writeFileSync(`${home.names}.new`, `${JSON.stringify(names)}\n`, {mode: 0o600});
  renameSync(`${home.names}.new`, home.names);
}

type Answering = (request: ControlRequest) => Promise<ControlAnswer>;

function listen(
  path: string,
  pbs: PbsStandIn,
  answer: Answering,
  log: (line: string) => void,
  failed: (error: Error) => void,
  ready: () => void,
): Server {
  mkdirSync(dirname(path), {recursive: true, mode: 0o700});
  const {uid, mode} = statSync(dirname(path));
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0)
    throw new Error(`${dirname(path)} is open to others; nobody else may reach the stand-ins`);
  rmSync(path, {force: true}); // left by a process that was killed: the lock is ours
  const server = createServer({allowHalfOpen: true}, (socket) => {
    readLine(
      socket,
      async (line) => {
        // Only this program's own commands can reach a socket in a directory of mode 0700.
        const message = JSON.parse(line) as ({kind: 'pbs'} & PbsCommand) | ({kind: 'control'} & ControlRequest);
        if (message.kind === 'pbs') return pbs.handle(message, (part) => socket.write(`${JSON.stringify(part)}\n`));
        return answer(message).then(
          (given) => ({answer: given}),
          (error: Error) => ({wrong: error.message}),
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

function readLine(socket: Socket, answer: (line: string) => Promise<unknown>, log: (line: string) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy()); // whoever asked has gone
  socket.on('data', (chunk: string) => {
    const before = text.length;
    text += chunk;
    const end = text.indexOf('\n', before);
    if (end < 0) return;
    socket.removeAllListeners('data');
    answer(text.slice(0, end)).then(
      (given) => socket.end(`${JSON.stringify(given)}\n`),
      (error: Error) => {
        log(`defect: ${error.stack ?? error.message}`);
        socket.end(
          `${JSON.stringify({wrong: `a defect of the stand-in: ${error.message}`, stdout: '', stderr: 'stand-in: internal error\n', exitCode: 70})}\n`,
        );
      },
    );
  });
}
