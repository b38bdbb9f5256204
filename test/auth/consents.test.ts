import {expect, test} from 'vitest';
import {viewSession} from '../../src/app/sign-in/whoami.ts';
import {type ConsentService, consentService} from './support/consent-service.ts';
import {CLIENT, signInDesk} from './support/desk.ts';

const [MAPPED, OTHER, GUEST, ASSURED] = [1, 2, 3, 4].map((n) => `aaaaaaaa-0000-4000-8000-00000000000${n}`);
const ENDPOINTS = {
  [`${MAPPED}`]: {id: MAPPED, entity_type: 'GCSv5_mapped_collection', high_assurance: false},
  [`${OTHER}`]: {id: OTHER, entity_type: 'GCSv5_mapped_collection', high_assurance: false},
  [`${GUEST}`]: {id: GUEST, entity_type: 'GCSv5_guest_collection', high_assurance: false},
  [`${ASSURED}`]: {
    id: ASSURED,
    entity_type: 'GCSv5_mapped_collection',
    high_assurance: true,
    authentication_timeout_mins: 60,
  },
};
const TRANSFER = 'urn:globus:auth:scope:transfer.api.globus.org:all';
const access = (id: string | undefined) => `*https://auth.globus.org/scopes/${id}/data_access`;

const native = (service: ConsentService) => signInDesk(service.url, [`client_id: ${CLIENT}`]);
const scopes = (service: ConsentService) => service.pages.map((page) => page.get('scope'));
const collections = (...ids: (string | undefined)[]) => ids.flatMap((id) => ['--collection', String(id)]);

test('consents of all collections that want one are asked for in one go; of others none', async () => {
  const service = await consentService(ENDPOINTS);
  const desk = native(service);
  const first = await desk.login(['--json', ...collections(MAPPED, OTHER, GUEST, ASSURED)]);
  expect(first.exitCode).toBe(0);
  expect(first.json<{consents: {collection: string}[]}>().consents.map(({collection}) => collection)).toEqual([
    MAPPED,
    OTHER,
  ]);
  const both = `openid profile email ${TRANSFER}[${access(MAPPED)} ${access(OTHER)}]`;
  // Which collections want one can be asked only by somebody who is signed in: so the very first time takes two pages.
  expect(scopes(service)).toEqual([`openid profile email ${TRANSFER}`, both]);
  expect((await desk.login(collections(MAPPED, OTHER, GUEST))).pages).toHaveLength(1);
  expect(scopes(service)[2]).toBe(both);
});

test('a workflow names its collections', async () => {
  const service = await consentService(ENDPOINTS);
  const desk = native(service);
  const file = desk.secretFile(
    'workflow.yaml',
    `name: w\nparams: {dir: null}\nsteps:\n  in:\n    transfer: {from: "${MAPPED}:/\${{ params.dir }}/", to: "${GUEST}:/b/"}\n`,
  );
  const done = await desk.login([file, '--param', 'dir=a', '--json']);
  expect(done.json<{consents: {scope: string}[]}>().consents.map(({scope}) => `*${scope}`)).toEqual([access(MAPPED)]);
  expect((await desk.stage('login', 'no-such-file.yaml')).exitCode).toBe(2);
  expect((await desk.stage('login', '--collection', 'nobody')).exitCode).toBe(2);
});

test('a client gives its consents by asking, and goes on with the token it had', async () => {
  const service = await consentService(ENDPOINTS);
  const desk = signInDesk(service.url, ['sign_in: client']);
  desk.env = {...desk.env, STAGE_CLIENT_ID: CLIENT, STAGE_CLIENT_SECRET: 'SECRET-OF-CLIENT'};
  expect((await desk.stage('login', ...collections(MAPPED, OTHER))).exitCode).toBe(0);
  expect(service.forms.map((form) => form.get('scope'))).toEqual([
    TRANSFER,
    `${TRANSFER}[${access(MAPPED)} ${access(OTHER)}]`,
  ]);
});

test('signing in as another identity says whose transfers are out of sight now', async () => {
  const service = await consentService(ENDPOINTS);
  const desk = native(service);
  await desk.login();
  expect((await desk.login(['--json'])).json()).not.toHaveProperty('replaced');
  service.person = 'bob';
  const now = await desk.login();
  expect(now.stdout).toContain('Before, ada@example.edu was signed in');
});

test('what a collection demands of the session goes to the page', async () => {
  const service = await consentService(ENDPOINTS);
  const desk = native(service);
  await desk.login([
    '--identity',
    'ada@example.edu',
    '--domain',
    'example.edu',
    '--policy',
    'p1',
    '--policy',
    'p2',
    '--mfa',
  ]);
  expect(Object.fromEntries(service.pages[0] ?? [])).toMatchObject({
    session_required_identities: 'ada@example.edu',
    session_required_single_domain: 'example.edu',
    session_required_policies: 'p1,p2',
    session_required_mfa: 'true',
    prompt: 'login',
  });
});

test('a scope that a message names is consented to beside the usual ones', async () => {
  const service = await consentService(ENDPOINTS);
  await native(service).login(['--scope', 'https://auth.globus.org/scopes/timer/timer', '--collection', GUEST ?? '']);
  expect(scopes(service)).toEqual([`openid profile email ${TRANSFER} https://auth.globus.org/scopes/timer/timer`]);
  await native(service).login(['--scope', `${TRANSFER}[${access(MAPPED)}]`]);
  expect(scopes(service)[1]).toBe(`openid profile email ${TRANSFER}[${access(MAPPED)}]`);
});

test('the command that a refusal tells to type asks for just what was demanded', async () => {
  const service = await consentService(ENDPOINTS);
  const desk = native(service);
  await desk.login();
  service.refusal = {
    code: 'ConsentRequired',
    message: 'Missing required data_access consent',
    authorization_parameters: {
      session_required_single_domain: ['example.edu', 'example.org'],
      session_required_mfa: true,
      required_scopes: [`${TRANSFER}[${access(MAPPED)}]`],
    },
  };
  const refused = await desk.stage('collection', 'ls', `${MAPPED}:/data/`);
  expect(refused).toMatchObject({exitCode: 3, stdout: ''});
  const [, command = ''] = /: stage (login .*)$/m.exec(refused.stderr) ?? [];
  expect(command).toBe(`login --profile me --collection ${MAPPED} --domain example.edu --domain example.org --mfa`);
  await desk.login(command.split(' ').slice(1));
  expect(Object.fromEntries(service.pages[1] ?? [])).toMatchObject({
    scope: `openid profile email ${TRANSFER}[${access(MAPPED)}]`,
    session_required_single_domain: 'example.edu,example.org',
    session_required_mfa: 'true',
  });
});

test('a client is told that it cannot sign in as a person', async () => {
  const service = await consentService(ENDPOINTS);
  const desk = signInDesk(service.url, ['sign_in: client', `client_id: ${CLIENT}`]);
  const told = await desk.stage('login', '--mfa');
  expect(told.exitCode).toBe(2);
  expect(told.stderr).toContain('a client cannot sign in as a person');
  expect(told.stderr).toContain('sign_in: native-app');
});

test('whoami tells when a session runs out; one that has run out needs a person', async () => {
  const service = await consentService(ENDPOINTS);
  const desk = native(service);
  await desk.login();
  const good = await desk.stage('whoami', '--json', ...collections(ASSURED, GUEST));
  expect(good.exitCode).toBe(0);
  const until = new Date(Math.floor(service.authenticatedAt / 1000) * 1000 + 3_600_000).toISOString();
  expect(good.json().sessions).toEqual([expect.objectContaining({collection: ASSURED, state: 'good', until})]);
  service.authenticatedAt -= 3_600_001;
  const over = await desk.stage('whoami', ...collections(ASSURED));
  expect(over.exitCode).toBe(3);
  expect(over.stdout).toContain('a sign-in not older than 60 min: run out');
  expect(over.stdout).toContain(`stage login --profile me --collection ${ASSURED}`);
});

test.each([
  ['client', 60, 0, 'unknown'],
  ['native-app', 60, 0, 'good'],
  ['native-app', 60, 60 * 60_000, 'over'],
  ['globus-cli', undefined, 0, 'unknown'],
] as const)('as %s, timeout %s min, %s ms after the sign-in: %s', (method, minutes, now, state) => {
  const found = {
    id: 'x',
    displayName: 'X',
    owner: '',
    entityType: '',
    highAssurance: true,
    ...(minutes === undefined ? {} : {authenticationTimeoutMinutes: minutes}),
  };
  const settings = {method, loginCommand: 'stage login'};
  expect(viewSession({collection: 'x', name: 'x', found, settings, authenticatedAt: 0, now})).toMatchObject({state});
});

test.each([
  ['before the transfers there could end', 90, 'short'],
  ['after them', 30, 'good'],
] as const)('a session that runs out %s', (_, minutes, state) => {
  const found = {id: 'x', displayName: 'X', owner: '', entityType: '', authenticationTimeoutMinutes: 60};
  const settings = {method: 'native-app', loginCommand: 'stage login'} as const;
  const about = {collection: 'x', name: 'x', found, settings, authenticatedAt: 0, now: 0};
  const neededUntil = minutes * 60_000;
  expect(viewSession({...about, neededUntil})).toMatchObject({state, neededUntil: new Date(neededUntil).toISOString()});
});

test('a policy of a collection is named, and how to meet it', () => {
  const found = {id: 'x', displayName: 'X', owner: '', entityType: '', authenticationPolicy: 'p-7'};
  const settings = {method: 'native-app', loginCommand: 'stage login'} as const;
  expect(viewSession({collection: 'x', name: 'x', found, settings, authenticatedAt: 0, now: 0})).toMatchObject({
    demand: 'a sign-in that meets the policy p-7',
    state: 'unknown',
    next: 'stage login --collection x --policy p-7',
  });
});

test('a collection without a say in it is not mentioned', () => {
  const found = {id: 'x', displayName: 'X', owner: '', entityType: 'GCP_mapped_collection'};
  const settings = {method: 'native-app', loginCommand: 'stage login'} as const;
  expect(viewSession({collection: 'x', name: 'x', found, settings, authenticatedAt: 0, now: 0})).toBeUndefined();
});
