import {spawn} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {TRANSFER_RESOURCE_SERVER} from '../../src/auth/authorize.ts';
import {GrantRefused, readRefusal} from '../../src/auth/explain.ts';
import {nativeKey, type SignInSettings} from '../../src/auth/open-tokens.ts';
import {createRefreshClaims, generationOf, type RefreshClaims} from '../../src/auth/refresh-claims.ts';
import {createRefreshingSource} from '../../src/auth/refreshing-source.ts';
import {createTokenStore, nameOfKey, type StoredToken, type TokenStore} from '../../src/auth/token-store.ts';
import {SignInNeeded, TransferUnreachable} from '../../src/globus-errors.ts';
import {CLI, cleanEnvironment, runStage} from '../support/cli.ts';
import {until} from '../support/until.ts';
import {taskId} from '../transfer/documents.ts';
import {type OneTimeAuth, oneTimeAuth} from './support/one-time-auth.ts';

// Real processes: commands race for a token that can be renewed once.

const CLIENT = '5b2f1d3c-0000-4000-8000-000000000009';
const EXPIRED: StoredToken = {
  accessToken: 'ACCESS-OLD',
  expiresAt: Date.now() - 1000,
  refreshToken: 'REFRESH-0',
  signIn: {identity: 'me', username: 'me@example.edu', authenticatedAt: 1, scopes: ['s']},
};

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'stage-refresh-'));
  onTestFinished(() => rmSync(made, {recursive: true, force: true}));
  return made;
}

/** A configured command line whose person signed in long ago: the next command must renew. */
async function desk(auth: OneTimeAuth, token = EXPIRED) {
  const home = directory();
  const config = join(home, 'config.yaml');
  writeFileSync(
    config,
    `default_profile: me
profiles:
  me:
    scheduler: local
    transfer: {kind: globus, client_id: ${CLIENT}, auth_url: "${auth.url}", transfer_url: "${auth.url}"}
`,
  );
  const tokens = join(home, 'me', 'tokens');
  const settings = {authUrl: auth.url, clientId: CLIENT} as SignInSettings; // all that the key is made of
  const key = nativeKey(settings, TRANSFER_RESOURCE_SERVER);
  const store = createTokenStore(tokens, key);
  await store.write(token);
  const env = {STAGE_HOME: home, STAGE_CONFIG: config};
  return {
    store,
    env,
    claims: (staleMs = 60_000) =>
      createRefreshClaims({directory: tokens, name: nameOfKey(key), staleMs, now: Date.now}),
    files: () => readdirSync(tokens).sort(),
    show: () => runStage(['transfer', 'show', taskId(1), '--json'], {env}),
  };
}

test('eight processes whose token has ended cause one refresh, and all are served', async () => {
  const auth = await oneTimeAuth();
  const me = await desk(auth);
  const ran = await Promise.all(Array.from({length: 8}, () => me.show()));
  expect(ran.map(({exitCode, stderr}) => ({exitCode, stderr}))).toEqual(
    Array.from({length: 8}, () => ({exitCode: 0, stderr: ''})),
  );
  expect(auth.refreshes).toEqual(['REFRESH-0']);
  expect(await me.store.read()).toMatchObject({
    accessToken: 'ACCESS-1',
    refreshToken: 'REFRESH-1',
    signIn: EXPIRED.signIn,
  });
});

test('a refresh that brings no refresh token back leaves the old one in use', async () => {
  const auth = await oneTimeAuth({keepsOld: true, answerMs: 1});
  const me = await desk(auth);
  expect((await me.show()).exitCode).toBe(0);
  expect(await me.store.read()).toMatchObject({accessToken: 'ACCESS-1', refreshToken: 'REFRESH-0'});
  await me.store.write({...EXPIRED, accessToken: 'ACCESS-1'});
  expect((await me.show()).exitCode).toBe(0);
  expect(auth.refreshes).toEqual(['REFRESH-0', 'REFRESH-0']);
});

test('killed between the answer and the store: the refresh token is used up, which is said once and for all', async () => {
  const auth = await oneTimeAuth({answerMs: 2_000});
  const me = await desk(auth);
  const child = spawn(CLI, ['transfer', 'show', taskId(1)], {
    env: cleanEnvironment(me.env),
    stdio: 'ignore',
  });
  await until('the refresh is in flight', () => auth.refreshes.length === 1);
  child.kill('SIGKILL');
  await until('the refresh token is used up', () => auth.next() !== 'REFRESH-0');
  // The turn of the dead process is taken over when it is stale; here it is made so, not waited for.
  const [turn = ''] = me.files().filter((file) => /^renewal-.*-1\.json$/.test(file));
  const place = join(me.env.STAGE_HOME, 'me', 'tokens', turn);
  const fact = JSON.parse(readFileSync(place, 'utf8')) as {by: string; at: number};
  writeFileSync(place, JSON.stringify({...fact, at: fact.at - 120_000}));

  for (const _ of [1, 2, 3]) {
    const {exitCode, stderr} = await runStage(['whoami'], {env: me.env});
    expect(exitCode).toBe(3);
    expect(stderr).toContain('stage login --profile me');
    expect(stderr).toContain('interrupted before the answer was stored');
  }
  expect(auth.refreshes).toEqual(['REFRESH-0', 'REFRESH-0']); // the lost one, and one to find out; never a loop
});

test('killed before Auth saw the request: the next process takes the turn over and is served', async () => {
  const auth = await oneTimeAuth({answerMs: 1});
  const me = await desk(auth);
  const dead = createRefreshClaims({
    directory: join(me.env.STAGE_HOME, 'me', 'tokens'),
    name: me.files()[0]?.slice('token-'.length, -'.json'.length) ?? '',
    staleMs: 60_000,
    now: () => Date.now() - 61_000,
  });
  expect(dead.take(generationOf(EXPIRED)).kind).toBe('mine');
  expect((await me.show()).exitCode).toBe(0);
  expect(auth.refreshes).toEqual(['REFRESH-0']);
});

test('an answer that is lost on the way is asked for again once, and then explained', async () => {
  const auth = await oneTimeAuth({answerMs: 1});
  const me = await desk(auth);
  auth.loseAnswers(true);
  const {exitCode, stderr} = await runStage(['whoami'], {env: me.env});
  expect(exitCode).toBe(3);
  expect(stderr).toContain('this token was used before');
  expect(auth.refreshes).toEqual(['REFRESH-0', 'REFRESH-0']);
});

interface Rig {
  readonly store: TokenStore;
  readonly claims: RefreshClaims;
  readonly asked: string[];
}

/** A source with an Auth in memory. */
function rig(
  answers: readonly (string | Error)[],
  token: StoredToken | undefined = EXPIRED,
  meanwhile: () => Promise<void> = async () => {},
) {
  const place = directory();
  let kept: StoredToken | undefined = token;
  const store: TokenStore = {
    read: async () => kept,
    write: async (fresh) => {
      kept = fresh;
    },
    remove: async () => {
      kept = undefined;
      return true;
    },
  };
  const claims = createRefreshClaims({directory: place, name: 'k', staleMs: 60_000, now: Date.now});
  const asked: string[] = [];
  const source = () =>
    createRefreshingSource({
      store,
      claims,
      async refresh(refreshToken) {
        asked.push(refreshToken);
        await meanwhile();
        const next = answers[Math.min(asked.length, answers.length) - 1] ?? 'A';
        if (next instanceof Error) throw next;
        const issuedAt = Date.now();
        return {accessToken: next, expiresAt: issuedAt + 172_800_000, issuedAt, resourceServer: 'x'};
      },
      loginCommand: 'stage login --profile me',
      longestWaitMs: 300,
      pollMs: 10,
      now: Date.now,
    });
  const made: Rig = {store, claims, asked};
  return {...made, source, place};
}

test('a token that Transfer rejects is renewed before its time, by one of many askers', async () => {
  const {source, asked} = rig(['A-1'], {...EXPIRED, accessToken: 'REJECTED', expiresAt: Date.now() + 86_400_000});
  const mine = source();
  expect(await mine.token()).toBe('REJECTED');
  expect(new Set(await Promise.all(Array.from({length: 5}, () => mine.renew('REJECTED'))))).toEqual(new Set(['A-1']));
  expect(asked).toHaveLength(1);
});

test('without a sign-in, the command that signs in is named', async () => {
  const {store, source} = rig([]);
  await store.remove();
  await expect(source().token()).rejects.toMatchObject({
    exit: 3,
    next: expect.arrayContaining(['Sign in: stage login --profile me']),
  });
});

test('a refusal is remembered until a person signs in again', async () => {
  const {source, asked, store, claims} = rig([new GrantRefused('invalid_grant', 'withdrawn'), 'A-2']);
  await expect(source().token()).rejects.toThrow(SignInNeeded);
  await expect(source().token()).rejects.toThrow(SignInNeeded);
  expect(asked).toHaveLength(1);
  await store.write({...EXPIRED, refreshToken: 'REFRESH-NEW'});
  claims.removeAll();
  expect(await source().token()).toBe('A-2');
});

test('a consent or sign-in that Globus Auth requires is told with the command that does it, and does not end the sign-in', async () => {
  const scope = 'https://auth.globus.org/scopes/timer/timer';
  const refusals = [
    {status: 403, body: {error: 'dependent_consent_required', errors: [{code: 'X', unapproved_scopes: [scope]}]}},
    {
      status: 403,
      body: {
        errors: [
          {code: 'CONSENT_REQUIRED', detail: 'x'},
          {code: 'Y', required_scopes: [scope]},
        ],
      },
    },
    {status: 400, body: {error: 'invalid_grant', authorization_parameters: {session_required_mfa: true}}},
  ].map((answer) => readRefusal(answer) ?? new Error('no refusal'));
  const {source} = rig([...refusals, 'A-2']);
  const consent = `Give your consent: stage login --profile me --scope ${scope}`;
  for (const next of [consent, consent, 'Sign in again with a second factor: stage login --profile me --mfa'])
    await expect(source().token()).rejects.toMatchObject({exit: 3, next: expect.arrayContaining([next])});
  expect(await source().token()).toBe('A-2');
  expect(readRefusal({status: 500, body: {errors: [{code: 'INTERNAL'}]}})).toBeUndefined();
});

test('a stumble gives the turn back, so that the next look tries at once', async () => {
  const {source, asked} = rig([new TransferUnreachable('POST', 'down'), 'A-2']);
  await expect(source().token()).rejects.toThrow(TransferUnreachable);
  expect(await source().token()).toBe('A-2');
  expect(asked).toHaveLength(2);
});

test('another process that takes for ever is waited for within a bound, and nothing is concluded', async () => {
  const {source, claims, asked} = rig([]);
  expect(claims.take(generationOf(EXPIRED)).kind).toBe('mine');
  await expect(source().token()).rejects.toThrow(TransferUnreachable);
  expect(asked).toEqual([]);
});

test('what another process stores meanwhile is taken, without asking', async () => {
  const {source, claims, store, asked} = rig([]);
  claims.take(generationOf(EXPIRED));
  const waiting = source().token();
  await store.write({...EXPIRED, accessToken: 'THEIRS', expiresAt: Date.now() + 86_400_000});
  expect(await waiting).toBe('THEIRS');
  expect(asked).toEqual([]);
});

test('who signs out while a renewal is under way stays signed out', async () => {
  let signOut = async () => {};
  const {source, store} = rig([], EXPIRED, () => signOut());
  signOut = async () => void (await store.remove());
  await expect(source().token()).rejects.toThrow(SignInNeeded);
  expect(await store.read()).toBeUndefined();
});

test('a turn is given once a generation, and again when its holder is thought dead', () => {
  let now = 1_000_000;
  const place = directory();
  const claims = () => createRefreshClaims({directory: place, name: 'k', staleMs: 60_000, now: () => now});
  const [one, other] = [claims(), claims()];
  expect([one.take('g1').kind, other.take('g1').kind, one.take('g1').kind]).toEqual(['mine', 'theirs', 'theirs']);
  expect(other.take('g2').kind).toBe('mine');
  now += 60_001;
  expect([other.take('g1').kind, one.take('g1').kind]).toEqual(['mine', 'theirs']);
  other.tidy('g2');
  expect(readdirSync(place).every((file) => file.includes('g2'))).toBe(true);
});

test('a host whose clock is ahead has its turn judged by how long it is seen, not by its clock', () => {
  let now = 1_000_000;
  const place = directory();
  const ahead = createRefreshClaims({directory: place, name: 'k', staleMs: 60_000, now: () => now + 86_400_000});
  const mine = createRefreshClaims({directory: place, name: 'k', staleMs: 60_000, now: () => now});
  ahead.take('g1');
  expect(mine.take('g1').kind).toBe('theirs');
  now += 60_001;
  expect(mine.take('g1').kind).toBe('mine');
});
