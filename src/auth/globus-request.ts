import {parseJson} from '../base/json.ts';
import {ProxyWrong, TransferUnreachable} from '../globus-errors.ts';
import {explainFailure, proxyRefusal, useProxies} from './proxies.ts';

/** What the methods of `@globus/sdk` take as their last argument. */
export interface SdkOptions {
  readonly environment: 'production';
  readonly fetch: {
    readonly options: {
      readonly headers: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
      readonly __callable: typeof fetch;
    };
  };
}

/** One method of `@globus/sdk`, waiting for its options. */
export type SdkCall = (sdk: SdkOptions) => Promise<Response>;

export interface ServiceSettings {
  /** of a Globus service or a stand-in; may have a path, and need not be https */
  readonly url: string;
  /** the header: `Bearer …` or `Basic …` */
  readonly authorization?: string | undefined;
  /** for headers and body together */
  readonly timeoutMs: number;
}

/** One HTTP answer, its body read as JSON; `body` is undefined when it is not JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** the `Retry-After` header */
  readonly retryAfter?: string | undefined;
}

/**
 * One request to a Globus service, without a second try. What `@globus/sdk` 6.2 does not do: time out, ask another
 * address than Globus's own, and fail without an error object that carries the request's headers and form.
 *
 * @param asked how the request reads in messages: never what was sent
 * @throws {ProxyWrong} when the environment names a proxy that cannot be one
 * @throws {TransferUnreachable} when no whole answer comes; it has no `cause`, which would hold secrets
 */
export async function requestOnce(asked: string, call: SdkCall, settings: ServiceSettings): Promise<Answer> {
  const {authorization, timeoutMs} = settings;
  const url = new URL(settings.url.endsWith('/') ? settings.url : `${settings.url}/`);
  const signal = AbortSignal.timeout(timeoutMs);
  // These headers win over those of GLOBUS_SDK_OPTIONS in the environment, which the SDK reads.
  const headers = {Accept: 'application/json', ...(authorization ? {Authorization: authorization} : {})};
  try {
    if (url.protocol === 'https:') useProxies(); // the only other service is the stand-in on this machine
    const response = await call({
      environment: 'production', // the host that it names is replaced below
      fetch: {options: {headers, signal, __callable: fetchFrom(url)}},
    });
    const text = await response.text();
    return {
      status: response.status,
      body: isJson(response.headers.get('content-type')) ? parseJson(text) : undefined,
      retryAfter: response.headers.get('retry-after') ?? undefined,
    };
  } catch (error) {
    if (error instanceof ProxyWrong) throw error;
    const why = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : explainFailure(error, url);
    throw new TransferUnreachable(asked, why, {timedOut: signal.aborted, proxy: proxyRefusal(error, url)});
  }
}

/**
 * A fetch that asks our service address instead of the one the SDK made up. SDK 6.2 still has an old host, and is told
 * another only by the environment (`GLOBUS_SDK_SERVICE_URL_…`), which would be handed to every child process, and of
 * which it drops the path. `__callable` is the SDK's private hook for a fetch of one's own: its version is pinned.
 * Redirections are not followed, so that a token goes to one address only.
 */
function fetchFrom(base: URL): typeof fetch {
  return (address, init) => {
    const {pathname, search} = new URL(String(address));
    return fetch(new URL(pathname.slice(1) + search, base), {...init, redirect: 'manual'});
  };
}

/** A page that happens to read as JSON is none of the service's words. Globus SDKs look at this header, too. */
function isJson(contentType: string | null): boolean {
  return /^application\/([\w.-]+\+)?json\b/i.test(contentType ?? '');
}
