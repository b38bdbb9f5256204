/**
 * The proxy that the environment names for an https address, by the variables that curl reads: `https_proxy`, and
 * `no_proxy` with hosts, their domains, or `*`. Pure. None for http: the only such service is the stand-in on this machine.
 */
export function proxyFor(address: URL, env: NodeJS.ProcessEnv): URL | undefined {
  const named = env.https_proxy || env.HTTPS_PROXY;
  if (address.protocol !== 'https:' || !named) return undefined;
  const direct = (env.no_proxy || env.NO_PROXY || '').split(',').map((host) => host.trim().toLowerCase());
  if (direct.some((host) => host === '*' || (host !== '' && lies(address.hostname, host)))) return undefined;
  return URL.canParse(named) ? new URL(named) : undefined;
}

/** `example.org` and `.example.org` both cover `a.example.org`. */
function lies(hostname: string, below: string): boolean {
  const domain = below.replace(/^\*?\./, '').replace(/:\d+$/, '');
  return hostname === domain || hostname.endsWith(`.${domain}`);
}
