import {type Agent, type ClientRequest, type IncomingMessage, request as requestHttp} from 'node:http';

/** One request, as the SDK gives it to a fetch. */
export interface HttpQuestion {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** for headers and body together */
  readonly signal: AbortSignal;
  /** variables as curl knows them: `https_proxy`, `no_proxy` */
  readonly proxies: Readonly<Record<string, string>>;
}

/** What came back, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** A connection that does not come about within this time is given up. */
const CONNECT_MS = 10_000;

/** Nothing answered at the address, or the answer ended before its end: what Node.js has no code for. */
export class NoAnswer extends Error {}

/**
 * Ask once, and follow no redirection: a token goes to one address only. Answers are asked for and read uncompressed.
 *
 * By `node:http` and `node:https`: `fetch` costs a process 53 ms of CPU time and 20 MB (decision 0026). Proxies,
 * certificates and connections that are kept for the next request are Node.js's own.
 */
export async function askHttp(url: URL, question: HttpQuestion): Promise<HttpAnswer> {
  const {method, headers, body, signal} = question;
  const request = url.protocol === 'https:' ? (await import('node:https')).request : requestHttp;
  const agent = await agentFor(url, question.proxies);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), {once: true}); // also while a proxy is silent
    const asked = request(url, {method, headers, signal, agent, timeout: CONNECT_MS});
    asked
      .on('timeout', () => giveUpConnecting(asked))
      .on('response', resolve)
      .on('error', reject);
    asked.end(body);
  });
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer); // no encoding is set, so these are buffers
  const text = Buffer.concat(parts).toString();
  return {status: response.statusCode ?? 0, headers: response.headers, text};
}

function giveUpConnecting(asked: ClientRequest): void {
  if (asked.socket?.connecting) asked.destroy(new NoAnswer('nothing answered at that address'));
}

/** by what they know of proxies, so that connections are kept */
const agents = new Map<string, Agent>();

/** @returns undefined for that of Node.js, which knows no proxy */
async function agentFor(url: URL, proxies: HttpQuestion['proxies']): Promise<Agent | undefined> {
  if (url.protocol !== 'https:' || !proxies.https_proxy) return undefined;
  const key = JSON.stringify(proxies);
  const {Agent} = await import('node:https');
  const agent = agents.get(key) ?? new Agent({keepAlive: true, proxyEnv: proxies});
  agents.set(key, agent);
  return agent;
}
