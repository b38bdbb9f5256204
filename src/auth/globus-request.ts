import {parseJson} from '../base/json.ts';
import {TransferUnreachable} from '../globus-errors.ts';
import {askHttp, type HttpAnswer} from './ask-http.ts';
import {explainFailure, proxiesIn} from './proxies.ts';

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

/** One method of `@globus/sdk`, waiting for its options. It gives back what `__callable` gave it. */
export type SdkCall = (sdk: SdkOptions) => Promise<unknown>;

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
 * @throws {TransferUnreachable} when no whole answer comes; it has no `cause`, which would hold secrets
 */
export async function requestOnce(asked: string, call: SdkCall, settings: ServiceSettings): Promise<Answer> {
  const {authorization, timeoutMs} = settings;
  const url = new URL(settings.url.endsWith('/') ? settings.url : `${settings.url}/`);
  const signal = AbortSignal.timeout(timeoutMs);
  // These headers win over those of GLOBUS_SDK_OPTIONS in the environment, which the SDK reads.
  const headers = {Accept: 'application/json', ...(authorization ? {Authorization: authorization} : {})};
  try {
    const answer = (await call({
      environment: 'production', // the host that it names is replaced below
      fetch: {options: {headers, signal, __callable: askingAt(url)}},
    })) as HttpAnswer; // what askingAt gave it
    return {
      status: answer.status,
      body: isJson(answer.headers['content-type']) ? parseJson(answer.text) : undefined,
      retryAfter: answer.headers['retry-after'],
    };
  } catch (error) {
    const why = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : explainFailure(error, url, process.env);
    throw new TransferUnreachable(asked, why);
  }
}

/**
 * What the SDK takes for its fetch: it asks our service address instead of the one the SDK made up. SDK 6.2 still has an
 * old host, and is told another only by the environment (`GLOBUS_SDK_SERVICE_URL_…`), which would be handed to every
 * child process, and of which it drops the path. `__callable` is the SDK's private hook for a fetch of one's own: its
 * version is pinned.
 */
function askingAt(base: URL): typeof fetch {
  const ask = (address: unknown, {method, headers, body, signal}: SdkInit): Promise<HttpAnswer> => {
    const {pathname, search} = new URL(String(address));
    return askHttp(new URL(pathname.slice(1) + search, base), {
      method,
      headers,
      body: body === undefined ? undefined : String(body), // JSON, or a form
      signal,
      proxies: proxiesIn(process.env),
    });
  };
  return ask as unknown as typeof fetch; // SDK 6.2 hands the answer on without looking at it
}

/** What SDK 6.2 gives to its fetch. */
interface SdkInit {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams;
  readonly signal: AbortSignal;
}

/** A page that happens to read as JSON is none of the service's words. Globus SDKs look at this header, too. */
function isJson(contentType: string | undefined): boolean {
  return /^application\/([\w.-]+\+)?json\b/i.test(contentType ?? '');
}
