import {createServer, type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import {onTestFinished} from 'vitest';

export interface ConsentService {
  readonly url: string;
  /** what each page was asked for */
  readonly pages: URLSearchParams[];
  /** forms that the token endpoint was sent */
  readonly forms: URLSearchParams[];
  /** who signs in at the page */
  person: string;
  /** when the person last proved who they are */
  authenticatedAt: number;
  /** what every listing of a directory is refused with */
  refusal: object;
}

/** Auth and Transfer with collections of kinds that the stand-in does not have: endpoint documents as given, by id. */
export async function consentService(endpoints: Readonly<Record<string, object>>): Promise<ConsentService> {
  const pages: URLSearchParams[] = [];
  const forms: URLSearchParams[] = [];
  const server = createServer(async (request, response) => {
    const {pathname, searchParams} = new URL(request.url ?? '/', service.url);
    const json = (status: number, document: unknown) => {
      response.writeHead(status, {'content-type': 'application/json'});
      response.end(JSON.stringify(document));
    };
    const endpoint = endpoints[/^\/v0\.10\/endpoint\/(.+)$/.exec(pathname)?.[1] ?? ''];
    if (endpoint) return json(200, endpoint);
    if (pathname.endsWith('/ls')) return json(403, service.refusal);
    if (pathname === '/v2/oauth2/authorize') {
      pages.push(searchParams);
      response.writeHead(200, {'content-type': 'text/html'});
      return response.end(`<pre id="auth-code">CODE-${pages.length}</pre>`);
    }
    if (pathname === '/v2/oauth2/userinfo')
      return json(200, {
        sub: service.person,
        preferred_username: `${service.person}@example.edu`,
        last_authentication: Math.floor(service.authenticatedAt / 1000),
      });
    if (pathname === '/v2/oauth2/token') {
      forms.push(new URLSearchParams(await bodyOf(request)));
      const token = (resource_server: string) => ({
        access_token: `ACCESS-${forms.length}-${resource_server}`,
        refresh_token: `REFRESH-${forms.length}-${resource_server}`,
        expires_in: 172_800,
        resource_server,
        scope: 's',
      });
      return json(200, {...token('auth.globus.org'), other_tokens: [token('transfer.api.globus.org')]});
    }
    json(404, {code: 'EndpointNotFound', message: pathname});
  });
  const service: ConsentService = {url: '', pages, forms, person: 'ada', authenticatedAt: Date.now(), refusal: {}};
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A TCP server has such an address.
  return Object.assign(service, {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`});
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer); // no encoding is set, so these are buffers
  return Buffer.concat(parts).toString();
}
