import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {CodeWay} from './native-login.ts';

export interface Loopback extends CodeWay {
  close(): void;
}

/**
 * A server on this machine that the browser is sent back to with the code. Native apps may name any port of
 * localhost (RFC 8252, section 7.3; Globus's own SDK relies on it).
 *
 * @param show tells the person which address to open: a page of this server that leads on to Globus, so that nothing
 *             of the question stands in the arguments of the browser's process
 */
export async function openLoopback(show: (address: string) => void, timeoutMs: number): Promise<Loopback> {
  let wanted: {url: string; state: string; done: (code: string | undefined) => void} | undefined;
  const server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const {port} = server.address() as AddressInfo; // a TCP server that listens has one
  const here = `http://localhost:${port}`;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const {pathname, searchParams} = new URL(request.url ?? '/', here);
    const isBack = pathname === '/' && (searchParams.has('code') || searchParams.has('error'));
    if (!wanted || !(isBack || pathname === '/login')) page(response, 404, 'There is nothing to do here.');
    else if (!isBack) response.writeHead(302, {location: wanted.url, 'cache-control': 'no-store'}).end();
    // Another page could send the browser here with the code of another person.
    else if (searchParams.get('state') !== wanted.state) page(response, 400, 'stage is not waiting for this sign-in.');
    else {
      const code = searchParams.get('code') ?? undefined;
      page(response, 200, code ? 'You are signed in. Go back to your terminal.' : 'The sign-in did not take place.');
      wanted.done(code);
    }
  }

  return {
    redirectUri: here,
    codeFrom: (url, state) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => done(undefined), timeoutMs);
        const done = (code: string | undefined) => {
          clearTimeout(timer);
          wanted = undefined;
          resolve(code);
        };
        wanted = {url, state, done};
        show(`${here}/login`);
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function page(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {'content-type': 'text/html; charset=utf-8', connection: 'close'});
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>stage</title><p>${text}</p></html>`);
}
