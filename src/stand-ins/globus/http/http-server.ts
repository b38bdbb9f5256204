import {randomBytes} from 'node:crypto';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {DamagedRecord} from '../../stand-in-error.ts';
import {AuthProblem, TransferProblem} from './problem.ts';
import {type Handle, readRequest, requestLine} from './request.ts';
import {foreignRequest} from './same-machine.ts';

export interface ServerOptions {
  /** hears of every request, in one line */
  readonly onRequest?: ((line: string) => void) | undefined;
  /** no other port will do */
  readonly thisPort?: boolean;
}

/**
 * An HTTP server on 127.0.0.1 that answers in documents. Whatever a handler throws becomes an answer too; a client that
 * goes away, or sends what is not HTTP, ends its own connection and nothing else.
 */
export async function openHttpServer(
  port: number,
  handle: Handle,
  log: (line: string) => void,
  {onRequest = () => undefined, thisPort = false}: ServerOptions = {},
): Promise<{port: number; close(): Promise<void>}> {
  const server = createServer((incoming, response) => {
    response.on('error', () => undefined); // the client is gone
    incoming.on('error', () => undefined);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const begun = performance.now();
    answer(incoming, gone.signal, handle, log).then(
      (sent) => {
        onRequest(requestLine(incoming, 'cut' in sent ? sent.cut : sent.status, performance.now() - begun));
        if ('cut' in sent) cut(response, sent.cut);
        else send(response, sent);
      },
      (error: unknown) => {
        log(`cannot answer ${incoming.url}: ${error}`);
        response.destroy();
      },
    );
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  server.keepAliveTimeout = 30_000;
  await listen(server, port).catch((error: unknown) => {
    if (port === 0 || thisPort) throw error;
    return listen(server, 0); // another process has it meanwhile
  });
  server.on('error', (error) => log(`the server reports: ${error.message}`));
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

interface Sent {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
}

function send(response: ServerResponse, sent: Sent): void {
  if (response.destroyed) return;
  response.writeHead(sent.status, {...sent.headers, 'content-length': Buffer.byteLength(sent.text)});
  response.end(sent.text);
}

function cut(response: ServerResponse, how: 'reset' | 'close'): void {
  if (how === 'reset') response.socket?.resetAndDestroy();
  else response.destroy();
}

async function answer(
  incoming: IncomingMessage,
  gone: AbortSignal,
  handle: Handle,
  log: (line: string) => void,
): Promise<Sent | {readonly cut: 'reset' | 'close'}> {
  const request = readRequest(incoming, gone);
  try {
    const foreign = foreignRequest(incoming.headers);
    if (foreign) throw new TransferProblem(foreign.status, 'PermissionDenied', foreign.why);
    const done = await handle(request);
    if ('cut' in done) return done;
    if ('text' in done) return {status: done.status, headers: {'content-type': done.type}, text: done.text};
    if ('location' in done) return {status: 302, headers: {location: done.location}, text: ''};
    if ('html' in done) return {status: done.status, headers: PAGE, text: done.html};
    return inJson(done.status, done.document);
  } catch (error) {
    if (!(error instanceof TransferProblem || error instanceof AuthProblem || error instanceof DamagedRecord)) {
      log(`${request.method} ${request.path}: ${error instanceof Error ? error.stack : error}`);
    }
    return problemAnswer(error, request.path);
  } finally {
    incoming.resume(); // what was not read must not block the connection
  }
}

/** No other page frames ours or runs a script in it, and nothing keeps what it shows. */
const PAGE = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

function problemAnswer(error: unknown, path: string): Sent {
  if (error instanceof AuthProblem) {
    if (error.kind === 'oauth')
      return inJson(error.status, {error: error.code, error_description: error.message}, error.headers);
    const title = error.code.toLowerCase().replaceAll('_', ' ');
    const one = {
      status: String(error.status),
      id: randomBytes(8).toString('hex'),
      code: error.code,
      title,
      detail: error.message,
    };
    return inJson(
      error.status,
      {errors: [one], error: error.code.toLowerCase(), error_description: error.message},
      error.headers,
    );
  }
  const problem = error instanceof TransferProblem ? error : internalError(error);
  return inJson(
    problem.status,
    {
      code: problem.code,
      message: problem.message,
      request_id: requestId(),
      resource: resourceOf(path),
      ...problem.extras.fields,
    },
    problem.extras.headers,
  );
}

/** A record that is damaged is named to the client, too: the service belongs to the person that asks. */
function internalError(error: unknown): TransferProblem {
  const words = error instanceof DamagedRecord ? `${error.message}: ${error.why}` : 'An internal error occurred';
  return new TransferProblem(500, 'InternalError', words);
}

const inJson = (status: number, document: unknown, headers: Readonly<Record<string, string>> = {}): Sent => ({
  status,
  headers: {'content-type': 'application/json', ...headers},
  text: JSON.stringify(document),
});

/** Nine letters and digits, as the real service's. */
export const requestId = (): string =>
  randomBytes(8)
    .toString('base64')
    .replace(/[^A-Za-z0-9]/g, 'x')
    .slice(0, 9);

/** What error documents and results call the resource: the path without the version. */
export const resourceOf = (path: string): string => path.replace(/^\/v0\.10(?=\/)/, '');
