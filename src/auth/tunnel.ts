import {request} from 'node:http';
import type {Socket} from 'node:net';
import {connect, type TLSSocket} from 'node:tls';

/**
 * A TLS connection to an address by way of an HTTP proxy, which sees the name of the host and nothing else.
 *
 * @throws when the proxy refuses, or cannot be reached
 */
export async function openTunnel(proxy: URL, address: URL, signal?: AbortSignal): Promise<TLSSocket> {
  const socket = await throughProxy(proxy, `${address.hostname}:${address.port || 443}`, signal);
  return connect({socket, servername: address.hostname});
}

/** A plain connection to HOST:PORT by way of a proxy (RFC 9110, "CONNECT"). */
export async function throughProxy(proxy: URL, authority: string, signal?: AbortSignal): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const asking = request({
      host: proxy.hostname,
      port: proxy.port || 80,
      method: 'CONNECT',
      path: authority,
      headers: {host: authority},
      signal,
    });
    asking.once('error', reject);
    asking.once('connect', (answer, socket: Socket) => {
      if (answer.statusCode === 200) resolve(socket);
      else {
        socket.destroy();
        reject(new Error(`the proxy ${proxy.host} answered ${answer.statusCode} when asked for ${authority}`));
      }
    });
    asking.once('response', (answer) => {
      answer.resume();
      reject(new Error(`the proxy ${proxy.host} answered ${answer.statusCode} when asked for ${authority}`));
    });
    asking.end();
  });
}
