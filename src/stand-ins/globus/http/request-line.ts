import type {IncomingMessage} from 'node:http';

/** Parameters that are as good as a password for as long as they live. */
const SECRET = new Set(['code', 'state', 'code_challenge', 'token', 'access_token', 'refresh_token', 'client_secret']);

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
