import {createHash, createPublicKey, createVerify, type JsonWebKey} from 'node:crypto';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {allowAll} from '../../support/sign-in-page.ts';
// What globus-cli 3.41 and globus-sdk-python 4.3 really sent while somebody signed in by a pasted code, in this order,
// with ids and secrets replaced. The last request of each looks whether the revocation held.
import recorded from './fixtures/client-logins.json' with {type: 'json'};
import {type Document, openWorld, type World} from './support.ts';

interface Recorded {
  method: string;
  target: string;
  body?: unknown;
  form?: Record<string, string>;
  /** signed in as the client that was registered */
  basic?: boolean;
  bearer?: string;
  status: number;
  /** resource servers of the tokens that come back */
  servers?: string[];
  answer?: Document;
  /** parts of the answer that later requests use */
  keep?: Record<string, string>;
}

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.remove());

const at = (document: Document, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Document)[name], document);

test.each(recorded)('the requests of "$command" are answered, one after the other', async ({requests}) => {
  const verifier = 'v'.repeat(64);
  const values: Record<string, string> = {
    service: world.globus.url,
    redirect: encodeURIComponent(`${world.globus.url}v2/web/auth-code`),
    native: '61338d24-54d5-408f-a10d-66c06b59f6d2',
    verifier,
    challenge: createHash('sha256').update(verifier).digest('base64url'),
  };
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? `no ${name}`);
  let answer: Document = {};
  for (const request of requests as Recorded[]) {
    const headers: Record<string, string> = {};
    if (request.basic) {
      headers.authorization = `Basic ${Buffer.from(`${values.client}:${values.secret}`).toString('base64')}`;
    }
    if (request.bearer) headers.authorization = `Bearer ${fill(request.bearer)}`;
    if (request.body) headers['content-type'] = 'application/json';
    if (request.target.startsWith('/v2/oauth2/authorize')) {
      // What was recorded here is a script in the place of a browser: the person at this machine does it.
      const back = (await allowAll(new URL(fill(request.target), world.globus.url))) ?? new URL('http://no.where');
      expect(back.searchParams.get('state')).toBe('_default');
      values.code = back.searchParams.get('code') ?? '';
      expect(await (await fetch(back)).text()).toContain(values.code); // the page that shows it
      continue;
    }
    const response = await fetch(new URL(fill(request.target), world.globus.url), {
      method: request.method,
      headers,
      redirect: 'manual',
      body: request.form
        ? new URLSearchParams(JSON.parse(fill(JSON.stringify(request.form))))
        : request.body
          ? JSON.stringify(request.body)
          : undefined,
    });
    const what = `${request.method} ${request.target.slice(0, 60)}`;
    expect(response.status, what).toBe(request.status);
    const text = await response.text();
    answer = text === '' ? {} : (JSON.parse(text) as Document);
    if (request.answer) expect(answer, what).toMatchObject(JSON.parse(fill(JSON.stringify(request.answer))));
    if (request.servers) {
      const tokens = [answer, ...(answer.other_tokens as Document[])];
      expect(tokens.map((token) => token.resource_server)).toEqual(request.servers);
      for (const token of tokens) {
        expect(token).toMatchObject({scope: expect.any(String), token_type: 'Bearer', expires_in: 172_800});
      }
    }
    for (const [name, path] of Object.entries(request.keep ?? {})) values[name] = String(at(answer, path));
  }
  const [head, claims, signature] = (values.idToken ?? '').split('.');
  const {keys} = (await (await fetch(values.jwks ?? '')).json()) as {keys: JsonWebKey[]};
  const verify = createVerify('RSA-SHA512').update(`${head}.${claims}`);
  expect(verify.verify(createPublicKey({key: keys[0] ?? {}, format: 'jwk'}), signature ?? '', 'base64url')).toBe(true);
  expect(JSON.parse(Buffer.from(claims ?? '', 'base64url').toString())).toMatchObject({
    aud: values.client ?? values.native,
    iss: world.globus.url.replace(/\/$/, ''),
    sub: world.globus.people()[0]?.id,
  });
});
