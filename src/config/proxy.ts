import {THIS_MACHINE} from '../base/environment.ts';
import type {ProxySettings} from './profile.ts';

/** The variables by which programs learn of a proxy: both spellings, since programs differ in which they read. */
export function proxyEnvironment(proxy: ProxySettings | undefined): Readonly<Record<string, string>> {
  if (!proxy) return {};
  const values = {
    http_proxy: proxy.http,
    https_proxy: proxy.https,
    no_proxy: [...new Set([...proxy.noProxy, ...THIS_MACHINE])].join(','),
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined
        ? []
        : ([
            [name, value],
            [name.toUpperCase(), value],
          ] as const),
    ),
  );
}
