import {expect, test} from 'vitest';
import {readConfig} from '../../src/config/read-config.ts';
import {RequestWrong} from '../../src/errors.ts';
import {requireSignIn, signInMethod, signInSettings} from '../../src/wiring/sign-in-settings.ts';

const APP = '5b2f1d3c-0000-4000-8000-000000000009';
const SECRET = {clientId: 'c', clientSecret: 's'};

function profileWith(transfer: string) {
  const profile = readConfig(`profiles:\n  p: {transfer: {${transfer}}}\n`, 'config.yaml').profiles.get('p');
  if (!profile) throw new Error('the configuration holds the profile');
  return profile;
}

test.each([
  ['credentials: /c.json', 'client'],
  [`credentials: /c.json, client_id: ${APP}`, 'client'],
  [`client_id: ${APP}`, 'native-app'],
  [`client_id: ${APP}, sign_in: client`, 'client'],
  ['sign_in: globus-cli', 'globus-cli'],
  ['kind: local', 'client'],
])('a profile with {%s} signs in as %s', (transfer, method) => {
  expect(signInMethod(profileWith(transfer), undefined)).toBe(method);
  expect(() => requireSignIn(profileWith(transfer), undefined)).not.toThrow();
});

test('a client of the environment is used where the profile says no other way', () => {
  expect(signInMethod(profileWith(''), SECRET)).toBe('client');
  expect(signInMethod(profileWith(`client_id: ${APP}`), SECRET)).toBe('client');
  expect(signInMethod(profileWith('sign_in: native-app'), SECRET)).toBe('native-app');
});

test('the stand-in is signed in to with its own client, whatever the environment says', () => {
  const standIn = {url: 'http://127.0.0.1:1/', credentials: '/stand-ins/credentials.json'};
  const surroundings = {tokenDirectory: '/t', environment: SECRET, standIn};
  expect(signInSettings(profileWith('kind: local'), surroundings)).toMatchObject({
    method: 'client',
    authUrl: standIn.url,
    credentialsFile: standIn.credentials,
    credentials: undefined,
    tokenStore: 'file',
  });
});

test.each(['', 'sign_in: native-app', 'sign_in: client'])(
  'a profile with {%s} cannot sign in, and it is said how it could',
  (transfer) => {
    const require = () => requireSignIn(profileWith(transfer), undefined);
    expect(require).toThrow(RequestWrong);
    expect(require).toThrow(
      expect.objectContaining({
        code: 'NO_CREDENTIALS',
        next: expect.arrayContaining([expect.stringContaining('client_id:')]),
      }),
    );
  },
);

test.each(['sign_in: password', 'client_id: not-an-id', 'token_store: browser'])(
  '{%s} is a mistake, with its place',
  (transfer) => {
    expect(() => profileWith(transfer)).toThrow(
      expect.objectContaining({details: [expect.stringMatching(/^config\.yaml:2:\d+: profiles\.p\.transfer/)]}),
    );
  },
);
