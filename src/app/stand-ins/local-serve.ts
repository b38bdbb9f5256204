import {join, resolve} from 'node:path';
import {readCredentials} from '../../auth/credentials-file.ts';
import {shellQuote} from '../../base/shell.ts';
import {locations} from '../../config/locations.ts';
import {packageRoot} from '../../disk/package-root.ts';
import {RequestWrong} from '../../errors.ts';
import type {LocalStatus} from '../../stand-ins/control.ts';
import {serveStandIns} from '../../stand-ins/daemon.ts';
import {shellEnvironment} from '../../stand-ins/ensure-up.ts';
import {standInHome} from '../../stand-ins/stand-in-home.ts';

export interface ServeAsked {
  readonly version: string;
  readonly globusAlone: boolean;
  /** as last time, or any that is free, when absent */
  readonly port: number | undefined;
  /** each of the form NAME=DIRECTORY */
  readonly collections: readonly string[];
  readonly withCredentials: boolean;
}

export interface ServeReport {
  readonly url: string;
  readonly requests: number;
}

/** Where what happens is written: the environment is for a shell, the rest for a person. */
export interface ServeOutput {
  print(line: string): void;
  show(line: string): void;
}

/**
 * Run the stand-ins in this process until a signal ends it.
 *
 * @throws {RequestWrong} when they run already in the background, or a port or a collection cannot be had
 */
export async function serveLocal(asked: ServeAsked, output: ServeOutput): Promise<ServeReport> {
  const {home: stageHome} = locations(process.env);
  const home = standInHome(stageHome);
  const dist = join(packageRoot(), 'dist');
  const collections = asked.collections.map(readCollection);
  let [url, requests] = ['', 0];
  const served = await serveStandIns({
    stageHome,
    version: asked.version,
    clientJs: join(dist, 'local-pbs-client.cjs'),
    front: join(dist, 'local-pbs-client'),
    globusAlone: asked.globusAlone,
    endJobs: true,
    ...(asked.port === undefined ? {} : {port: asked.port}),
    collections,
    onRequest(line) {
      requests++;
      output.show(`${new Date().toISOString()} ${line}`);
    },
    onReady(status) {
      url = status.url;
      void announce(status, asked, output);
    },
  }).catch((error: unknown) => {
    throw portIsTaken(error, asked.port) ?? error;
  });
  if (!served)
    throw new RequestWrong('the stand-ins of this state directory run already', {
      why: `another process serves ${home.root}`,
      next: ['End them: stage local down', 'Or serve another directory: STAGE_HOME=DIRECTORY stage local serve'],
    });
  output.show('ended');
  return {url, requests};
}

function portIsTaken(error: unknown, port: number | undefined): RequestWrong | undefined {
  if (!(error instanceof Error && 'code' in error && ['EADDRINUSE', 'EACCES'].includes(String(error.code)))) return;
  return new RequestWrong(`port ${port} cannot be had`, {why: error.message, next: ['Name another one: --port']});
}

async function announce(status: LocalStatus, asked: ServeAsked, output: ServeOutput): Promise<void> {
  const {home: stageHome} = locations(process.env);
  const home = standInHome(stageHome);
  const all = shellEnvironment({home, status, started: true}, stageHome, process.env.PATH ?? '');
  const environment = Object.entries(all).filter(([name]) => !asked.globusAlone || name.startsWith('GLOBUS_'));
  if (asked.withCredentials) {
    const {clientId, clientSecret} = await readCredentials(home.credentials);
    environment.push(['GLOBUS_CLI_CLIENT_ID', clientId], ['GLOBUS_CLI_CLIENT_SECRET', clientSecret]);
  }
  for (const [name, value] of environment) output.print(`export ${name}=${shellQuote(value)}`);
  for (const {name, id, directory} of status.collections) output.show(`collection ${name}: ${id}, ${directory}`);
  output.show(`Globus answers at ${status.url}; end with Ctrl-C`);
}

function readCollection(text: string): {name: string; directory: string} {
  const at = text.indexOf('=');
  const [name, directory] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || directory === '')
    throw new RequestWrong(`"${text}" is not of the form NAME=DIRECTORY`, {why: 'for example data=/tmp/data'});
  return {name, directory: resolve(directory)};
}
