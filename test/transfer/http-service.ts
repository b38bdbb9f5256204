import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {onTestFinished} from 'vitest';

/** What a service does with one request. */
export type Reaction =
  | {
      readonly status: number;
      readonly json?: unknown;
      readonly text?: string;
      readonly headers?: Record<string, string>;
    }
  /** `half`: promises more than it sends, then cuts the line; `reset`: cuts it at once; `silent`: never answers */
  | 'half'
  | 'reset'
  | 'silent';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly authorization: string;
  readonly body: string;
}

/** A service that plays its reactions one after the other, and repeats the last one. */
export async function httpService(...reactions: Reaction[]) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? '/', 'http://service');
    asked.push({
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      authorization: request.headers.authorization ?? '',
      body,
    });
    react(reactions[Math.min(asked.length, reactions.length) - 1] ?? 'reset', response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked}; // a TCP server has such an address
}

function react(reaction: Reaction, response: ServerResponse): void {
  if (reaction === 'silent') return;
  if (reaction === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (reaction === 'half') {
    response.writeHead(200, {'content-type': 'application/json', 'content-length': '1000'});
    response.write('{"DATA": [', () => response.socket?.destroy());
    return;
  }
  response.writeHead(reaction.status, {'content-type': 'application/json', ...reaction.headers});
  response.end(reaction.text ?? JSON.stringify(reaction.json ?? {}));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer); // no encoding is set, so these are buffers
  return Buffer.concat(parts).toString();
}
