import {NoAnswer} from './ask-http.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Never by a proxy: the stand-ins listen there. */
const ALWAYS_DIRECT = ['localhost', '127.0.0.1', '[::1]', '::1'];

class ProxyWrong extends Error {}

/**
 * What an agent of Node.js is to know: https services are asked by way of the proxy that the environment names, in
 * `https_proxy` and `no_proxy`, in capitals too. None for http: the only such service is the stand-in.
 *
 * @returns nothing where no proxy is named. @throws {ProxyWrong} when it is no address
 */
export function proxiesIn(env: Environment): Readonly<Record<string, string>> {
  const named = namedBy(env);
  if (!named) return {};
  const proxy = proxyFrom(env);
  // It may have a password before the "@".
  if (!proxy) throw new ProxyWrong(`https_proxy is not an address: ${named.replace(/.*@/, '')}`);
  const direct = (env.no_proxy || env.NO_PROXY || '').split(',').map((host) => host.trim());
  // As curl has it, example.org counts for what is below it, too. To Node.js, only .example.org does.
  const below = direct.filter((host) => /^[^.*]/.test(host)).map((host) => `.${host}`);
  return {https_proxy: proxy.href, no_proxy: [...direct, ...below, ...ALWAYS_DIRECT].filter(Boolean).join(',')};
}

function namedBy(env: Environment): string {
  return env.https_proxy || env.HTTPS_PROXY || '';
}

/** As curl has it, `proxy.example.org:3128` is an address. */
function proxyFrom(env: Environment): URL | undefined {
  const named = namedBy(env);
  const address = named.includes('://') ? named : `http://${named}`;
  return URL.canParse(address) ? new URL(address) : undefined;
}

/**
 * Why a request got no answer, by codes: messages of Node.js may quote headers, and so a token.
 *
 * @param address what was asked
 * @param env     what named the proxies
 */
export function explainFailure(error: unknown, address: URL, env: Environment): string {
  if (error instanceof ProxyWrong || error instanceof NoAnswer) return error.message;
  const proxy = address.protocol === 'https:' ? proxyFrom(env) : undefined;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined || !(error instanceof Error)) return 'the connection failed';
  if (code === 'ERR_PROXY_TUNNEL') {
    const {statusCode = 'nothing'} = error as {statusCode?: number};
    return `the proxy ${proxy?.host ?? ''} answered ${statusCode} when asked for ${address.hostname}:${address.port || '443'}`;
  }
  if (code.startsWith('HPE_')) return 'the answer is not HTTP';
  if (code === 'ECONNRESET' && error.message === 'aborted') return 'the answer is cut short';
  if (code === 'ECONNRESET' && error.message === 'socket hang up')
    return 'the connection was closed before an answer came';
  if (proxy && triesOf(error).some((one) => isAbout(one, proxy)))
    return `the proxy ${proxy.host} cannot be reached (${code})`;
  if (/CERT|SIGNATURE/.test(code))
    return `the certificate of ${address.host} is not trusted here (${code}): ${CERTIFICATES}`;
  return `the connection failed (${code})`;
}

const CERTIFICATES =
  'besides those of Node.js, the authorities of the system and of the file in NODE_EXTRA_CA_CERTS are';

/** A host with several addresses is tried at each. */
function triesOf(error: Error): Error[] {
  return error instanceof AggregateError ? error.errors : [error];
}

/** Node.js names the host when its name is not known, and the port when nobody listens there. */
function isAbout(error: Error, proxy: URL): boolean {
  const {hostname, port} = error as {hostname?: unknown; port?: unknown};
  return hostname === proxy.hostname || (port !== undefined && String(port) === (proxy.port || '80'));
}
