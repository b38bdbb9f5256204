import {appendFileSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {LocalStatus} from './control.ts';
import {readDay, whereADayLasts} from './day.ts';
import {openGlobusStandIn} from './globus/globus-stand-in.ts';
import {listen} from './listen.ts';
import {takeLock} from './lock.ts';
import {createOutages} from './outages.ts';
import {writeCommands} from './pbs/commands.ts';
import {openPbsStandIn} from './pbs/pbs-stand-in.ts';
import {FIRST_COLLECTIONS, type StandInHome, standInHome} from './stand-in-home.ts';
import {publishNames, steer} from './steer.ts';

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
      damaged: globus.damaged().map(({file, why = '', next}) => ({file, why, next})),
    });
    const end = () => {
      server.close();
      resolve();
    };
    const server = listen(
      home.socket,
      pbs,
      outages,
      (request) => steer({request, pbs, globus, outages, home, status, end}),
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
        rmSync(home.failed, {force: true});
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
