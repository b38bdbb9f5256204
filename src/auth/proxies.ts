import {setGlobalProxyFromEnv} from 'node:http';
import {type Environment, THIS_MACHINE} from '../base/environment.ts';
import {mistakeInProxy, proxyAddress} from '../base/proxy-address.ts';
import {type ProxyRefusal, ProxyWrong} from '../globus-errors.ts';

/** Node.js knows an address of IPv6 by its brackets. */
const ALWAYS_DIRECT = [...THIS_MACHINE, '[::1]'].join(',');

/** the variables that name proxies: those of the process, unless a profile says more */
let variablesNamed: Environment = process.env;

/** From now on proxies are those that these variables name. */
export function nameProxies(variables: Environment): void {
  variablesNamed = variables;
}

/** what is in use, and how to end that: it holds for the whole process */
let used: {readonly by: string; readonly end: () => void} | undefined;

/**
 * From now on this process asks https services by way of the proxy that the environment names: `https_proxy` and
 * `no_proxy`, in capitals too. None for http: the only such service is the stand-in.
 *
 * @throws {ProxyWrong} when what is named cannot be a proxy
 */
export function useProxies(env: Environment = variablesNamed): void {
  const direct = env.no_proxy || env.NO_PROXY || '';
  const everywhere = direct.split(',').some((host) => host.trim() === '*'); // Node.js takes it only when it stands alone
  const named = namedBy(env);
  const wrong = named && !everywhere ? mistakeInProxy(named.value) : undefined;
  if (named && wrong) throw new ProxyWrong(named.variable, wrong);
  const proxy = proxyFrom(env);
  const by = !proxy || everywhere ? undefined : `${proxy.href} ${direct}`;
  if (by === used?.by) return;
  used?.end();
  // Without a word about http, its proxy would be taken for https, too.
  const proxyEnv = {https_proxy: proxy?.href, http_proxy: '', no_proxy: `${direct},${ALWAYS_DIRECT}`};
  used = by === undefined ? undefined : {by, end: setGlobalProxyFromEnv(proxyEnv)};
}

function namedBy(env: Environment): {readonly variable: string; readonly value: string} | undefined {
  for (const variable of ['https_proxy', 'HTTPS_PROXY']) {
    const value = env[variable]?.trim();
    if (value) return {variable, value};
  }
  return undefined;
}

/** What the environment names, where that can be a proxy. */
function proxyFrom(env: Environment): URL | undefined {
  const named = namedBy(env);
  return named && mistakeInProxy(named.value) === undefined ? new URL(proxyAddress(named.value)) : undefined;
}

/**
 * Why a request got no answer, by codes: messages of fetch may quote headers, and so a token.
 *
 * @param address what was asked
 * @param env     what named the proxies
 */
export function explainFailure(error: unknown, address: URL, env: Environment = variablesNamed): string {
  const errors = causesOf(error);
  const proxy = address.protocol === 'https:' ? proxyFrom(env) : undefined;
  const refused = refusedBy(errors);
  if (refused) {
    const port = address.port || (address.protocol === 'https:' ? '443' : '80');
    return `the proxy ${proxy?.host ?? ''} answered ${refused} when asked for ${address.hostname}:${port}`;
  }
  if (errors.some(({message}) => message === 'terminated')) return 'the answer is cut short';
  const code = errors.map(codeOf).find((one) => one !== undefined);
  if (code === undefined)
    return errors.some(({name}) => name === 'HTTPParserError') ? 'the answer is not HTTP' : 'the connection failed';
  if (proxy && errors.some((one) => isAbout(one, proxy))) return `the proxy ${proxy.host} cannot be reached (${code})`;
  if (/CERT|SIGNATURE/.test(code))
    return `the certificate of ${address.host} is not trusted here (${code}): ${CERTIFICATES}`;
  return WORDS[code] ?? `the connection failed (${code})`;
}

/** With what status a proxy refused to reach a service, as Node.js says it: it does not keep the proxy's words. */
function refusedBy(errors: readonly Error[]): string | undefined {
  return errors.map(({message}) => /Proxy response \((\d+)\)/.exec(message)?.[1]).find(Boolean);
}

/**
 * A refusal that was the proxy's, and no answer of the service.
 *
 * @param env what named the proxies
 */
export function proxyRefusal(
  error: unknown,
  address: URL,
  env: Environment = variablesNamed,
): ProxyRefusal | undefined {
  const status = refusedBy(causesOf(error));
  if (!status) return undefined;
  const host = proxyFrom(env)?.host ?? '';
  if (status === '407')
    return {
      host,
      next: 'It requires a user and password, or does not accept them: set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT in the environment, with special characters percent-encoded.',
    };
  return {
    host,
    next: `Ask your site to let the proxy reach ${address.hostname}, or name it in NO_PROXY where it is reached without.`,
  };
}

/** for codes of fetch's own */
const WORDS: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'the connection was closed before an answer came',
  UND_ERR_CONNECT_TIMEOUT: 'nothing answered at that address',
};

const CERTIFICATES =
  'besides those of Node.js, the authorities of the system and of the file in NODE_EXTRA_CA_CERTS are';

/** fetch says that it failed; what failed is among the causes. */
function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Node.js names the host when its name is not known, and the port when nothing listens there. */
function isAbout(error: Error, proxy: URL): boolean {
  const {hostname, port} = error as {hostname?: unknown; port?: unknown};
  return hostname === proxy.hostname || (port !== undefined && String(port) === (proxy.port || '80'));
}
