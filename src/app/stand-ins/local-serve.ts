import {resolve} from 'node:path';
import {shellQuote} from '../../base/shell.ts';
import {RequestWrong} from '../../errors.ts';
import type {LocalStatus, StandIns} from '../../stand-ins/door.ts';
import {cliCredentials} from './local.ts';

export interface ServeOptions {
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
export async function serveLocal(standIns: StandIns, asked: ServeOptions, output: ServeOutput): Promise<ServeReport> {
  let [url, requests] = ['', 0];
  const serving = standIns.serve({
    globusAlone: asked.globusAlone,
    endJobs: true,
    port: asked.port,
    collections: asked.collections.map(readCollectionFlag),
    onRequest(line) {
      requests++;
      output.show(`${new Date().toISOString()} ${line}`);
    },
    onReady(status) {
      url = status.url;
      void announce(standIns, status, asked, output);
    },
  });
  const served = await serving.catch((error: unknown) => {
    throw portIsTaken(error, asked.port) ?? error;
  });
  if (!served)
    throw new RequestWrong('the stand-ins of this state directory are already running', {
      why: `another process serves ${standIns.directory}`,
      next: ['End them: stage local down', 'Or serve another directory: STAGE_HOME=DIRECTORY stage local serve'],
    });
  output.show('ended');
  return {url, requests};
}

function portIsTaken(error: unknown, port: number | undefined): RequestWrong | undefined {
  if (!(error instanceof Error && 'code' in error && ['EADDRINUSE', 'EACCES'].includes(String(error.code)))) return;
  return new RequestWrong(`port ${port} cannot be used`, {why: error.message, next: ['Name another one: --port']});
}

async function announce(
  standIns: StandIns,
  status: LocalStatus,
  asked: ServeOptions,
  output: ServeOutput,
): Promise<void> {
  const all = standIns.shellEnvironment(status, process.env.PATH ?? '');
  const environment = Object.entries(all).filter(([name]) => !asked.globusAlone || name.startsWith('GLOBUS_'));
  if (asked.withCredentials) environment.push(...Object.entries(await cliCredentials(standIns)));
  for (const [name, value] of environment) output.print(`export ${name}=${shellQuote(value)}`);
  for (const {name, id, directory} of status.collections) output.show(`collection ${name}: ${id}, ${directory}`);
  output.show(`its sign-in page asks for the code in ${standIns.signInCodeFile}`);
  output.show(`Globus answers at ${status.url}; end with Ctrl-C`);
}

function readCollectionFlag(text: string): {name: string; directory: string} {
  const at = text.indexOf('=');
  const [name, directory] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || directory === '')
    throw new RequestWrong(`"${text}" is not of the form NAME=DIRECTORY`, {why: 'for example data=/tmp/data'});
  return {name, directory: resolve(directory)};
}
