import {createHash, randomUUID} from 'node:crypto';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Lasts} from '../../../src/stand-ins/day.ts';
import {type GlobusStandIn, openGlobusStandIn} from '../../../src/stand-ins/globus/globus-stand-in.ts';
import type {Outages} from '../../../src/stand-ins/outages.ts';
import {allowAll} from '../../support/sign-in-page.ts';

export type Document = Record<string, unknown>;

export interface Answered {
  readonly status: number;
  readonly body: Document;
}

/** A stand-in with two collections, and a signed-in client that speaks HTTP to it. */
export interface World {
  globus: GlobusStandIn;
  readonly directory: string;
  readonly source: {readonly id: string; readonly directory: string};
  readonly destination: {readonly id: string; readonly directory: string};
  token: string;
  readonly log: string[];
  call(method: string, path: string, body?: unknown): Promise<Answered>;
  /** make a file of the source collection */
  put(path: string, content: string | Buffer): void;
  /** submit a transfer of one item, and give its task id */
  transfer(item: {from: string; to: string; recursive?: boolean}, more?: Document): Promise<string>;
  task(id: string): Promise<Document>;
  ended(id: string): Promise<Document>;
  events(id: string): Promise<Document[]>;
  /** close and open again with the same state */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

const RETRY = {first: 50, longest: 200};

/** @param state where the stand-in keeps its own files; beside the collections when not given */
export async function openWorld(outages?: Outages, state?: string, lasts?: Lasts): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'stage-globus-'));
  const root = state ?? join(directory, 'state');
  const log: string[] = [];
  const open = () =>
    openGlobusStandIn({
      root,
      retryMs: RETRY,
      ...(outages ? {outages} : {}),
      ...(lasts ? {lasts} : {}),
      log: (line) => log.push(line),
    });
  const globus = await open();
  const source = globus.addCollection({name: 'source', directory: join(directory, 'source')});
  const destination = globus.addCollection({name: 'destination', directory: join(directory, 'destination')});
  const world: World = {
    globus,
    directory,
    source,
    destination,
    token: await signIn(globus),
    log,
    async call(method, path, body) {
      const response = await fetch(new URL(`/v0.10${path}`, world.globus.url), {
        method,
        headers: {
          authorization: `Bearer ${world.token}`,
          ...(body === undefined ? {} : {'content-type': 'application/json'}),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      return {status: response.status, body: (await response.json()) as Document};
    },
    put(path, content) {
      const place = join(source.directory, path);
      mkdirSync(dirname(place), {recursive: true});
      writeFileSync(place, content);
    },
    async transfer(item, more = {}) {
      const answer = await world.call('POST', '/transfer', transferDocument(world, item, more));
      if (answer.status !== 202) throw new Error(`not accepted: ${JSON.stringify(answer)}`);
      return String(answer.body.task_id);
    },
    task: async (id) => (await world.call('GET', `/task/${id}`)).body,
    ended: (id) =>
      until(`task ${id} has ended`, async () => {
        const task = await world.task(id);
        return task.status === 'ACTIVE' ? undefined : task;
      }),
    events: async (id) => (await world.call('GET', `/task/${id}/event_list?limit=1000`)).body.DATA as Document[],
    async restart() {
      await world.globus.close();
      world.globus = await open();
      // fetch may still hold connections to the one before, on the same port: they break on first use.
      await until('it answers again', () => fetch(new URL('/jwk.json', world.globus.url)).catch(() => undefined));
    },
    async remove() {
      await world.globus.close();
      rmSync(directory, {recursive: true, force: true});
    },
  };
  return world;
}

export async function signIn(
  globus: GlobusStandIn,
  scope = 'urn:globus:auth:scope:transfer.api.globus.org:all',
): Promise<string> {
  const answer = await askToken(globus, {grant_type: 'client_credentials', scope});
  return String(answer.body.access_token);
}

export async function askToken(globus: GlobusStandIn, form: Record<string, string>, basic = true): Promise<Answered> {
  const {clientId, clientSecret} = globus.credentials();
  const response = await fetch(new URL('/v2/oauth2/token', globus.url), {
    method: 'POST',
    headers: basic ? {authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`} : {},
    body: new URLSearchParams(form),
  });
  return {status: response.status, body: (await response.json()) as Document};
}

export const transferDocument = (
  world: World,
  item: {from: string; to: string; recursive?: boolean},
  more: Document = {},
): Document => ({
  DATA_TYPE: 'transfer',
  submission_id: randomUUID(),
  source_endpoint: world.source.id,
  destination_endpoint: world.destination.id,
  DATA: [
    {
      DATA_TYPE: 'transfer_item',
      source_path: item.from,
      destination_path: item.to,
      recursive: item.recursive ?? undefined,
    },
  ],
  ...more,
});

/** Ask again until there is an answer. @throws when none comes within the bound */
export async function until<Value>(
  what: string,
  ask: () => Promise<Value | undefined | false> | Value | undefined | false,
  boundMs = 20_000,
): Promise<Value> {
  for (const end = Date.now() + boundMs; Date.now() < end; await sleep(20)) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
  }
  throw new Error(`waited ${boundMs} ms in vain until ${what}`);
}

/** Look again until a task has moved no byte for half a second. @returns the task then */
export async function untilStill(look: () => Promise<Document>): Promise<Document> {
  let before = await look();
  let since = Date.now();
  return await until('no byte moves', async () => {
    const task = await look();
    if (task.bytes_transferred !== before.bytes_transferred) since = Date.now();
    before = task;
    return Date.now() - since >= 500 && task;
  });
}

/** Every file below a directory with the checksum of what it holds. */
export function tree(directory: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(directory, {recursive: true, withFileTypes: true})) {
    if (!entry.isFile()) continue;
    const place = join(entry.parentPath, entry.name);
    files[place.slice(directory.length)] = createHash('md5').update(readFileSync(place)).digest('hex');
  }
  return files;
}

/** What a person's browser does: follow the authorize URL, agree, and bring the code to the program that asked. */
export async function signInByHand(
  globus: GlobusStandIn,
  scope: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Document> {
  const redirect_uri = `${globus.url}v2/web/auth-code`;
  const client_id = '61338d24-54d5-408f-a10d-66c06b59f6d2';
  const code_verifier = 'v'.repeat(50);
  const query = new URLSearchParams({
    client_id,
    redirect_uri,
    scope,
    state: '_default',
    response_type: 'code',
    access_type: 'offline',
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  });
  const back = (await allowAll(new URL(`/v2/oauth2/authorize?${query}`, globus.url)))?.searchParams;
  const code = back?.get('code') ?? null;
  if (code === null) return {error: back?.get('error')};
  const exchange = {grant_type: 'authorization_code', client_id, code, code_verifier, redirect_uri};
  return (await askToken(globus, exchange, false)).body;
}

/** A client that registered itself, as the globus CLI does and anybody on this machine can, with a token for Transfer. */
export async function registeredClient(globus: GlobusStandIn): Promise<{client: string; token: string}> {
  const registered = await fetch(new URL('/v2/api/clients', globus.url), {
    method: 'POST',
    headers: {'content-type': 'application/json'},
    body: JSON.stringify({client: {name: 'Globus CLI', template_id: randomUUID()}}),
  });
  const {included} = (await registered.json()) as {included: {client_credential: {client: string; secret: string}}};
  const {client, secret} = included.client_credential;
  const response = await fetch(new URL('/v2/oauth2/token', globus.url), {
    method: 'POST',
    headers: {authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`},
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'urn:globus:auth:scope:transfer.api.globus.org:all',
    }),
  });
  return {client, token: String(((await response.json()) as Document).access_token)};
}

/** The access token for a service among those that a login gave. */
export function tokenFor(given: Document, server: string): string {
  const all = [given, ...((given.other_tokens as Document[] | undefined) ?? [])];
  return String(all.find((one) => one.resource_server === server)?.access_token);
}
