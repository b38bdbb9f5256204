import type {IncomingMessage} from 'node:http';
import {badRequest, TransferProblem} from './problem.ts';

/** What a client asks and gets, and what of it a person may see. */

export interface Request {
  readonly method: string;
  /** path without the query, not decoded: an encoded slash stays one part */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** aborts when the client hangs up before it has its answer */
  readonly gone: AbortSignal;
  /** @throws {TransferProblem} 400 when the body is not a JSON document */
  json(): Promise<unknown>;
  form(): Promise<URLSearchParams>;
}

export type Answer =
  | {readonly status: number; readonly document: unknown}
  | {readonly status: number; readonly html: string}
  | {readonly status: 302; readonly location: string}
  /** a body as it is, whatever the type says */
  | {readonly status: number; readonly type: string; readonly text: string}
  /** no answer: the connection ends, with a TCP reset or without */
  | {readonly cut: 'reset' | 'close'};

export type Handle = (request: Request) => Promise<Answer>;

const LARGEST_BODY = 32 * 1024 * 1024;

/** @param gone aborts when the client hangs up */
export function readRequest(incoming: IncomingMessage, gone: AbortSignal): Request {
  const [path = '/', query = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
  return {
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(query),
    headers: incoming.headers,
    gone,
    json: async () => {
      const text = await readBody(incoming);
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw badRequest('The request body is not a JSON document');
      }
    },
    form: async () => new URLSearchParams(await readBody(incoming)),
  };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  const tooLarge = () =>
    new TransferProblem(413, 'ClientError.BadRequest', `The request body exceeds ${LARGEST_BODY} bytes`);
  if (Number(incoming.headers['content-length'] ?? 0) > LARGEST_BODY) throw tooLarge();
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > LARGEST_BODY) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Parameters that are as good as a password for as long as they live. */
const SECRET = new Set([
  'code',
  'sign_in_code',
  'state',
  'code_challenge',
  'token',
  'access_token',
  'refresh_token',
  'client_secret',
]);

/** What a person may see of a request and its answer: no headers, no bodies, no codes. */
export function requestLine(
  {method, url = '/'}: Pick<IncomingMessage, 'method' | 'url'>,
  outcome: number | string,
  milliseconds: number,
): string {
  const [path = '/', query] = url.split(/\?(.*)/s);
  const shown = [...new URLSearchParams(query)].map(([name, value]) => `${name}=${SECRET.has(name) ? '…' : value}`);
  const line = `${method} ${path}${shown.length > 0 ? `?${shown.join('&')}` : ''} ${outcome} ${milliseconds.toFixed(0)} ms`;
  return line.replace(/[\0-\x1f\x7f]/g, '?'); // nothing that a client sends may steer a terminal
}
