import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer as createHttpServer} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import {type AddressInfo, connect, type Server} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test, vi} from 'vitest';
import {httpFetch} from '../../src/auth/http-fetch.ts';
import {proxyFor} from '../../src/auth/proxy-for.ts';
import {throughProxy} from '../../src/auth/tunnel.ts';

const TRANSFER = new URL('https://transfer.api.globus.org/v0.10/');

test.each([
  [{}, undefined],
  [{https_proxy: 'http://p:3128'}, 'p:3128'],
  [{HTTPS_PROXY: 'http://p:3128'}, 'p:3128'],
  [{https_proxy: 'http://p:3128', no_proxy: 'example.org'}, 'p:3128'],
  [{https_proxy: 'http://p:3128', no_proxy: 'a, .globus.org'}, undefined],
  [{https_proxy: 'http://p:3128', NO_PROXY: 'globus.org'}, undefined],
  [{https_proxy: 'http://p:3128', no_proxy: 'lobus.org'}, 'p:3128'],
  [{https_proxy: 'http://p:3128', no_proxy: '*'}, undefined],
  [{http_proxy: 'http://p:3128'}, undefined],
])('with %j Globus is asked by way of %s', (env, host) => {
  expect(proxyFor(TRANSFER, env)?.host).toBe(host);
});

test('the stand-in on this machine is never asked by way of a proxy', () => {
  expect(proxyFor(new URL('http://127.0.0.1:8080/'), {https_proxy: 'http://p:3128'})).toBeUndefined();
});

async function listening<T extends Server>(server: T): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port; // listening on a port, not on a path
}

/** A proxy that knows CONNECT. @param host where connections go, whatever name was asked for */
async function aProxy(status: number, port: number): Promise<{url: URL; asked: string[]}> {
  const asked: string[] = [];
  const server = createHttpServer();
  server.on('connect', (question, socket) => {
    asked.push(String(question.url));
    socket.write(`HTTP/1.1 ${status} Answer\r\n\r\n`);
    if (status !== 200) return socket.end();
    const through = connect(port, '127.0.0.1');
    socket.on('error', () => through.destroy());
    through.on('error', () => socket.destroy());
    through.pipe(socket).pipe(through);
  });
  return {url: new URL(`http://127.0.0.1:${await listening(server)}`), asked};
}

test('a proxy that refuses is an error that names it, and what it was asked for', async () => {
  const proxy = await aProxy(403, 1);
  await expect(throughProxy(proxy.url, 'transfer.api.globus.org:443')).rejects.toThrow(
    /the proxy 127\.0\.0\.1:\d+ answered 403 when asked for transfer\.api\.globus\.org:443/,
  );
});

test('a request goes through the proxy, encrypted from end to end, and its answer comes back whole', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'stage-proxy-'));
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const subject = ['-subj', '/CN=globus.test', '-addext', 'subjectAltName=DNS:globus.test'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '1', ...subject],
    {stdio: 'ignore'},
  );
  const service = createTlsServer({key: readFileSync(key), cert: readFileSync(cert)}, (question, answer) => {
    answer.end(`${question.method} ${question.url}`);
  });
  const proxy = await aProxy(200, await listening(service));
  vi.stubEnv('https_proxy', proxy.url.href);
  vi.stubEnv('no_proxy', '');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const address = new URL('https://globus.test/v0.10/task');
  await expect(httpFetch(address, {}), 'a certificate nobody vouches for').rejects.toThrow(/self-signed/);

  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const answer = await httpFetch(address, {});
  expect([answer.status, await answer.text()]).toEqual([200, 'GET /v0.10/task']);
  expect(proxy.asked).toEqual(['globus.test:443', 'globus.test:443']);
});
