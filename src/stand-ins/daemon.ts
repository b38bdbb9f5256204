import {appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {dirname, join} from 'node:path';
import type {ControlAnswer, ControlRequest, LocalStatus} from './control.ts';
import {readDay, whereADayLasts} from './day.ts';
import {type GlobusStandIn, openGlobusStandIn} from './globus/globus-stand-in.ts';
import {takeLock} from './lock.ts';
import {createOutages, type Outages} from './outages.ts';
import {writeCommands} from './pbs/commands.ts';
import {answerPbs, CUT} from './pbs/outage.ts';
import {type Emit, openPbsStandIn, type PbsCommand, type PbsStandIn} from './pbs/pbs-stand-in.ts';
import {StandInError} from './stand-in-error.ts';
import {FIRST_COLLECTIONS, type StandInHome, standInHome} from './stand-in-home.ts';

export interface DaemonOptions {
  readonly stageHome: string;
  readonly version: string;
  /** directory of the built programs, the client behind the PBS commands among them */
  readonly programs: string;
  /** Globus alone, without PBS */
  readonly globusAlone?: boolean | undefined;
  /** port of Globus; as last time, or any, when absent */
  readonly port?: number | undefined;
  /** a signal ends the jobs that run, too, as "stage local down" does */
  readonly endJobs?: boolean | undefined;
  /** further directories to serve */
  readonly collections?: readonly {readonly name: string; readonly directory: string}[];
  /** called once everything answers */
  readonly onReady?: (status: LocalStatus) => void;
  readonly onRequest?: (line: string) => void;
}

/**
 * Run both stand-ins in this process until `stage local down` or a signal ends it.
 *
 * @returns false at once when another process serves this directory already
 */
export async function serveStandIns(options: DaemonOptions): Promise<boolean> {
  const home = standInHome(options.stageHome);
  mkdirSync(home.root, {recursive: true, mode: 0o700});
  const giveBack = takeLock(home.lock);
  if (!giveBack) return false;
  const opened: (() => unknown)[] = [giveBack];
  try {
    await serve(home, options, opened);
  } finally {
    for (const close of opened.reverse()) await close();
  }
  return true;
}

/** @param opened where it notes how what it opened is closed, in the order of opening */
async function serve(home: StandInHome, options: DaemonOptions, opened: (() => unknown)[]): Promise<void> {
  const {version, programs, onRequest, port} = options;
  const log = (line: string) => {
    try {
      appendFileSync(home.log, `${new Date().toISOString()} ${line}\n`, {mode: 0o600});
    } catch {
      // a disk that is full must not end the stand-ins; what they could not write down is lost
    }
  };

  opened.push(
    () => log('ended'),
    () => rmSync(home.socket, {force: true}),
  );

  const outages = createOutages();
  const dayMs = readDay(home.day);
  const lasts = whereADayLasts(dayMs);
  const globus = await openGlobusStandIn({
    root: home.globus,
    outages,
    lasts,
    log: (line) => log(`globus ${line}`),
    port,
    onRequest,
  });
  opened.push(() => globus.close());
  for (const [name, id] of Object.entries(FIRST_COLLECTIONS))
    globus.addCollection({name, id, directory: join(home.collections, name)});
  for (const collection of options.collections ?? []) globus.addCollection(collection);
  publishNames(home, globus);
  const pbs = options.globusAlone
    ? undefined
    : await openPbsStandIn({root: home.pbs, binDirectory: home.bin, lasts, log: (line) => log(`pbs ${line}`)});
  opened.push(() => pbs?.close());
  opened.push(() => outages.end()); // what waits in one is answered, so that the servers can close
  writeCommands(home.bin, {
    node: process.execPath,
    clientJs: join(programs, 'local-pbs-client.cjs'),
    socketPath: home.socket,
  });
  const {clientId, clientSecret} = globus.credentials();
  writeFileSync(home.credentials, `${JSON.stringify({client_id: clientId, client_secret: clientSecret})}\n`, {
    mode: 0o600,
  });

  await new Promise<void>((resolve, reject) => {
    const status = (): LocalStatus => ({
      pid: process.pid,
      version,
      url: globus.url,
      jobs: pbs?.counts() ?? NO_JOBS,
      tasks: globus.counts(),
      collections: globus.collections(),
      outages: outages.all(),
      daySeconds: dayMs / 1000,
      limits: globus.limits(),
      identities: globus.people().map((one) => one.username),
    });
    const end = () => {
      server.close();
      resolve();
    };
    const server = listen(
      home.socket,
      pbs,
      outages,
      (request) => control({request, pbs, globus, outages, home, status, end}),
      log,
      reject,
      () => {
        // Written last: once it is there, everything is ready.
        opened.push(() => rmSync(home.running, {force: true}));
        writeFileSync(
          home.running,
          `${JSON.stringify({pid: process.pid, url: globus.url, version, startedAt: new Date().toISOString()})}\n`,
          {mode: 0o600},
        );
        log(`ready at ${globus.url}`);
        options.onReady?.(status());
      },
    );
    const endBySignal = () => void Promise.resolve(options.endJobs && pbs?.stop()).finally(end);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, endBySignal);
    process.on('SIGHUP', () => {}); // the terminal that started it may close
  });
}

const NO_JOBS = {queued: 0, held: 0, waiting: 0, running: 0, finished: 0};

interface Control {
  readonly request: ControlRequest;
  readonly pbs: PbsStandIn | undefined;
  readonly globus: GlobusStandIn;
  readonly outages: Outages;
  readonly home: StandInHome;
  readonly status: () => LocalStatus;
  readonly end: () => void;
}

async function control({request, pbs, globus, outages, home, status, end}: Control): Promise<ControlAnswer> {
  let wiped: number | undefined;
  switch (request.do) {
    case 'status':
      break;
    case 'wipe':
      wiped = (await pbs?.wipe()) ?? 0;
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
    case 'remove-collection':
      globus.removeCollection(request.collection);
      publishNames(home, globus);
      break;
    case 'require':
      globus.require(request.collection, request.wanted ?? undefined);
      break;
    case 'limit':
      globus.setLimits(request.limits);
      break;
    case 'add-identity':
      globus.addPerson(request.username, request.linked);
      break;
    case 'outage':
      outages.begin(request.outage);
      break;
    case 'end-outage':
      outages.end(request.targets);
      break;
    case 'expire':
      if (request.collections) globus.expire(request.collections);
      if (request.tokens) globus.expireTokens();
      break;
    case 'renew':
      globus.renew(request.collections);
      break;
    case 'fault':
      globus.setFault(request.collection, request.path, request.code);
      break;
    case 'down':
      await pbs?.stop();
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
  pbs: PbsStandIn | undefined,
  outages: Outages,
  answer: Answering,
  log: (line: string) => void,
  failed: (error: Error) => void,
  ready: () => void,
): Server {
  mkdirSync(dirname(path), {recursive: true, mode: 0o700});
  const {uid, mode} = statSync(dirname(path));
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0)
    throw new StandInError('wrong', 'the stand-ins are not served where others could reach them', {
      why: `${dirname(path)} is open to others`,
      next: [`Close it: chmod 700 ${dirname(path)}`],
    });
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
