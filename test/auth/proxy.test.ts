import {spawn} from 'node:child_process';
import {createServer} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import type {AddressInfo, Server} from 'node:net';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test} from 'vitest';
import {explainFailure, useProxies} from '../../src/auth/proxies.ts';
import {StageError} from '../../src/errors.ts';
import {openWorld, type World} from '../stand-ins/globus/support.ts';
import {signInDesk} from './support/desk.ts';
import {hasOpenssl, type PrivateCa, privateCa} from './support/private-ca.ts';

// Real processes: a proxy and the certificates that a process trusts are settled when it starts.

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port; // listening on a port, not on a path
}

describe('which requests go by a proxy', () => {
  afterEach(() => useProxies({}));

  /** Ask an address in a process whose environment is `env`. @returns what a proxy that refuses everything was asked for */
  async function askedOf(env: Record<string, string>, address: string): Promise<string[]> {
    const asked: string[] = [];
    const proxy = createServer((question, answer) => {
      asked.push(String(question.url));
      answer.end();
    });
    proxy.on('connect', (question, socket) => {
      asked.push(String(question.url));
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    const port = await listening(proxy);
    onTestFinished(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    const here = Object.entries(env).map(([name, value]) => [name, value.replace('PROXY', `127.0.0.1:${port}`)]);
    useProxies(Object.fromEntries(here));
    await fetch(address, {signal: AbortSignal.timeout(5000)}).catch(() => {});
    return asked;
  }

  test.each([
    [{}, false],
    [{https_proxy: 'http://PROXY'}, true],
    [{HTTPS_PROXY: 'http://PROXY'}, true],
    [{https_proxy: 'PROXY'}, true],
    [{https_proxy: 'http://PROXY', no_proxy: 'example.org'}, true],
    [{https_proxy: 'http://PROXY', no_proxy: 'a, .stage.invalid'}, false],
    [{https_proxy: 'http://PROXY', NO_PROXY: 'stage.invalid'}, false],
    [{https_proxy: 'http://PROXY', no_proxy: 'tage.invalid'}, true],
    [{https_proxy: 'http://PROXY', no_proxy: '*'}, false],
    [{https_proxy: 'http://PROXY', no_proxy: 'a, *'}, false],
    [{http_proxy: 'http://PROXY'}, false],
    [{https_proxy: 'http://PROXY', http_proxy: 'http://127.0.0.1:1'}, true],
  ])('with %j an https service is asked by way of it: %s', async (env, byProxy) => {
    expect(await askedOf(env, 'https://globus.stage.invalid/')).toEqual(byProxy ? ['globus.stage.invalid:443'] : []);
  });

  test.each(['http://127.0.0.1:1/', 'http://localhost:1/', 'http://[::1]:1/', 'https://127.0.0.1:1/'])(
    'the stand-in on this machine is never asked by way of a proxy: %s',
    async (address) => {
      const env = {http_proxy: 'http://PROXY', https_proxy: 'http://PROXY', no_proxy: 'example.org'};
      expect(await askedOf(env, address)).toEqual([]);
    },
  );

  test.each([
    ['http://user:SECRET@ss#w@host:3128', 'a special character in its user or password is not percent-encoded'],
    ['http://user:SECRET/w@host:3128', 'a special character in its user or password is not percent-encoded'],
    ['user:SECRET?w@host:3128', 'a special character in its user or password is not percent-encoded'],
    ['http://user:SECRET%zz@host:3128', 'a "%" in its user or password is not percent-encoded'],
    ['http://', 'it has no host'],
    ['http://:3128', 'it has no host'],
    ['http://me:SECRET@:x', 'its host or its port cannot be read'],
    ['http://me:SECRET@/', 'it has no host'],
    ['http://host:SECRET', 'its host or its port cannot be read'],
    ['http://host:3128/SECRET', 'something follows its host and port'],
    ['ftp://host:3128', 'it begins with none of http://, https://, socks://, socks5://'],
  ])('%s is a mistake in a setting: the variable is named with the reason, and never its value', (value, why) => {
    for (const variable of ['https_proxy', 'HTTPS_PROXY']) {
      const error = thrownBy(() => useProxies({[variable]: value}));
      expect(error).toMatchObject({code: 'PROXY_WRONG', exit: 3, why});
      expect(error.message).toBe(`${variable} in the environment does not name a proxy that can be used`);
      expect(error.next.join()).toContain(`unset ${variable}`);
      expect(JSON.stringify(error.next) + error.message + error.why).not.toMatch(/SECRET|\bss\b/);
    }
    expect(() => useProxies({https_proxy: value, no_proxy: '*'})).not.toThrow();
  });

  test.each(['host', 'HTTP://host:3128/', 'http://me:p%23w@host:3128', 'http://me:p@w@[::1]:3128', ' http://host:1 '])(
    '%j names a proxy',
    (value) => {
      expect(() => useProxies({https_proxy: value})).not.toThrow();
    },
  );

  function thrownBy(work: () => void): StageError {
    try {
      work();
    } catch (error) {
      if (error instanceof StageError) return error;
    }
    throw new Error('nothing was thrown');
  }
});

describe('why a request got no answer', () => {
  const globus = new URL('https://globus.test/v0.10/');
  const failed = (cause: Error) => Object.assign(new TypeError('fetch failed'), {cause});
  const broken = (code: string, more = {}) => failed(Object.assign(new Error('words'), {code, ...more}));
  const env = {https_proxy: 'http://me:SECRET@proxy.site:3128'};

  test.each([
    [broken('ECONNRESET'), 'the connection failed (ECONNRESET)'],
    [broken('ECONNREFUSED', {address: '10.1.1.1', port: 443}), 'the connection failed (ECONNREFUSED)'],
    [
      broken('ECONNREFUSED', {address: '10.1.1.1', port: 3128}),
      'the proxy proxy.site:3128 cannot be reached (ECONNREFUSED)',
    ],
    [broken('ENOTFOUND', {hostname: 'proxy.site'}), 'the proxy proxy.site:3128 cannot be reached (ENOTFOUND)'],
    [broken('ENOTFOUND', {hostname: 'globus.test'}), 'the connection failed (ENOTFOUND)'],
    [Object.assign(new TypeError('terminated'), {cause: new Error('other side closed')}), 'the answer is cut short'],
    [broken('UND_ERR_SOCKET'), 'the connection was closed before an answer came'],
    [failed(new TypeError('"Bearer SECRET" is an invalid header value')), 'the connection failed'],
    ['not even an error', 'the connection failed'],
  ])('%s', (error, why) => {
    expect(explainFailure(error, globus, env)).toBe(why);
  });
});

test('a command whose shell names a proxy wrongly asks nothing, tells what to correct, and ends with 3', async () => {
  const made = signInDesk('https://globus.invalid/', ['sign_in: client']);
  made.env = {...made.env, STAGE_CLIENT_ID: 'a', STAGE_CLIENT_SECRET: 'b', no_proxy: '', https_proxy: ''};
  made.env.HTTPS_PROXY = 'http://user:SECRET@word#w@host:3128';
  const ran = await made.stage('whoami', '--json');
  expect(ran).toMatchObject({exitCode: 3});
  expect(ran.json()).toMatchObject({error: {code: 'PROXY_WRONG', what: expect.stringMatching(/^HTTPS_PROXY in /)}});
  expect(ran.stdout + ran.stderr).not.toMatch(/SECRET|word#/);
}, 30_000);

describe.skipIf(!hasOpenssl)(
  'a service with a certificate of a private authority, behind a proxy (needs openssl)',
  () => {
    let world: World;
    let ca: PrivateCa;
    let service: Server;
    beforeAll(async () => {
      world = await openWorld();
      ca = privateCa('globus.test');
      // The stand-in Globus behind https.
      service = createTlsServer(ca.service, async (question, answer) => {
        const parts = [];
        for await (const part of question) parts.push(part);
        const {host: _, connection: __, ...headers} = question.headers as Record<string, string>;
        const {method = 'GET', url = ''} = question;
        const body = parts.length > 0 ? {body: Buffer.concat(parts)} : {};
        const got = await fetch(new URL(url.slice(1), world.globus.url), {method, headers, ...body});
        answer.writeHead(got.status, {'content-type': got.headers.get('content-type') ?? ''}).end(await got.text());
      });
      await listening(service);
    });
    afterAll(async () => {
      service.close();
      ca.remove();
      await world.remove();
    });

    /** The proxy as a process of its own. */
    async function aProxy(status = 200, credentials: string[] = []): Promise<{address: string; asked: string[]}> {
      const port = (service.address() as AddressInfo).port;
      const program = join(import.meta.dirname, 'support', 'connect-proxy.mjs');
      const child = spawn(process.execPath, [program, String(status), String(port), ...credentials], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => {
        child.kill();
      });
      const asked: string[] = [];
      const address = await new Promise<string>((resolve) => {
        const lines = createInterface({input: child.stdout});
        lines.once('line', (first) => {
          lines.on('line', (line) => asked.push(line));
          resolve(`http://127.0.0.1:${first}`);
        });
      });
      return {address, asked};
    }

    function desk(env: Record<string, string>, url = 'https://globus.test/') {
      const made = signInDesk(url, ['sign_in: client']);
      const {clientId, clientSecret} = world.globus.credentials();
      made.env = {...made.env, STAGE_CLIENT_ID: clientId, STAGE_CLIENT_SECRET: clientSecret, ...env};
      return made;
    }
    const elsewhere = {NODE_EXTRA_CA_CERTS: '', SSL_CERT_FILE: '', SSL_CERT_DIR: '', no_proxy: '', NO_PROXY: ''};

    test.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'])(
      'with the authority in %s all is asked through the proxy, encrypted from end to end',
      async (place) => {
        const proxy = await aProxy();
        const ran = await desk({...elsewhere, HTTPS_PROXY: proxy.address, [place]: ca.file}).stage('whoami', '--json');
        expect(ran).toMatchObject({exitCode: 0, stderr: ''});
        expect(ran.json()).toMatchObject({signedInBy: 'client'});
        expect(new Set(proxy.asked)).toEqual(new Set(['globus.test:443']));
      },
    );

    test('a certificate of an unknown authority is refused, and the message says what to do', async () => {
      const proxy = await aProxy();
      const ran = await desk({...elsewhere, HTTPS_PROXY: proxy.address}).stage('whoami');
      expect(ran.exitCode).toBe(4);
      expect(ran.stderr).toMatch(
        /the certificate of globus\.test is not trusted here \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/,
      );
      expect(ran.stderr).toContain('NODE_EXTRA_CA_CERTS');
    });

    test('a proxy that refuses is named, with what it was asked for', async () => {
      const proxy = await aProxy(403);
      const ran = await desk({...elsewhere, HTTPS_PROXY: proxy.address}).stage('whoami');
      expect(ran.exitCode).toBe(4);
      const host = proxy.address.slice('http://'.length);
      expect(ran.stderr).toContain(`the proxy ${host} answered 403 when asked for globus.test:443`);
      expect(ran.stderr).toMatch(/^error: The proxy \S+ did not let ".*" through to Globus$/m);
      expect(ran.stderr).toContain('Ask your site to let the proxy reach globus.test');
      expect(ran.stderr).not.toContain('Globus did not answer');
    });

    test('a proxy that requires a user and password gets those of HTTPS_PROXY, which are never shown', async () => {
      const [user, password] = ['ada', 'P@ss:W0RD/x'];
      const proxy = await aProxy(200, [`${user}:${password}`]);
      const withUser = (secret: string) => {
        const HTTPS_PROXY = proxy.address.replace('://', `://${user}:${encodeURIComponent(secret)}@`);
        return desk({...elsewhere, HTTPS_PROXY, NODE_EXTRA_CA_CERTS: ca.file});
      };
      expect(await withUser(password).stage('whoami', '--json')).toMatchObject({exitCode: 0, stderr: ''});
      const refused = await withUser('WRONG-P4SS').stage('whoami', '--verbose');
      expect(refused.exitCode).toBe(4);
      expect(refused.stderr).toContain('answered 407 when asked for globus.test:443');
      expect(refused.stderr).toContain('set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT');
      const basic = Buffer.from(`${user}:WRONG-P4SS`).toString('base64');
      for (const shown of [refused.stdout, refused.stderr]) {
        expect(shown).not.toContain('WRONG-P4SS');
        expect(shown).not.toContain(basic);
      }
    });

    test('a proxy that is away is named', async () => {
      const ran = await desk({...elsewhere, HTTPS_PROXY: 'http://127.0.0.1:1'}).stage('whoami');
      expect(ran.exitCode).toBe(4);
      expect(ran.stderr).toContain('the proxy 127.0.0.1:1 cannot be reached (ECONNREFUSED)');
    });

    test('with NO_PROXY the service is asked without it', async () => {
      const proxy = await aProxy();
      const env = {...elsewhere, HTTPS_PROXY: proxy.address, NO_PROXY: 'globus.test', NODE_EXTRA_CA_CERTS: ca.file};
      const ran = await desk(env).stage('whoami');
      expect(ran.exitCode).toBe(4); // there is no such host
      expect(ran.stderr).toMatch(/the connection failed \((ENOTFOUND|EAI_AGAIN)\)/);
      expect(proxy.asked).toEqual([]);
    });
  },
);
