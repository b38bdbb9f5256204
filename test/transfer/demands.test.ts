import {expect, test} from 'vitest';
import {errorDocument} from '../../src/app/shared/render-error.ts';
import {adviseSignIn} from '../../src/auth/advise-sign-in.ts';
import {readDemands} from '../../src/auth/read-error.ts';
import {inWords} from '../../src/cli/output.ts';
import {explainGlobus} from '../../src/transfer/globus/explain.ts';
import {DESTINATION, SOURCE} from './documents.ts';

const TRANSFER = 'urn:globus:auth:scope:transfer.api.globus.org:all';
const access = (id: string) => `https://auth.globus.org/scopes/${id}/data_access`;
const ONE = `${TRANSFER}[*${access(SOURCE)}]`;
const BOTH = `${TRANSFER}[*${access(SOURCE)} *${access(DESTINATION)}]`;
const TIMER = `https://auth.globus.org/scopes/timer/timer[${BOTH}]`;
const native = {login: 'stage login --profile me', method: 'native-app'} as const;

/** The first thing that a person is told to do about an answer of status 403. */
const told = (body: object, way: Parameters<typeof explainGlobus>[2] = native) => {
  const error = explainGlobus('GET /x', {status: 403, body}, way);
  expect(error.exit).toBe(3);
  return error.next[0];
};

const inMessage = (parameters: object) =>
  `Error validating login\\r\\n530-Login incorrect.\\r\\n530-GridFTP-JSON-Result: ${JSON.stringify({
    DATA_TYPE: 'result#1.0.0',
    authorization_parameters: parameters,
    detail: {DATA_TYPE: 'not_from_allowed_domain#1.0.0'},
  })}\\r\\n530 End.`;

test.each([
  ['a scope beside the code', {code: 'ConsentRequired', required_scopes: [ONE]}],
  ['one scope beside the code', {code: 'ConsentRequired', required_scope: ONE}],
  ['a scope among the parameters', {code: 'ConsentRequired', authorization_parameters: {required_scopes: [ONE]}}],
  ['both', {code: 'ConsentRequired', required_scopes: [ONE], authorization_parameters: {required_scopes: [ONE]}}],
  ['a list of errors', {errors: [{code: 'ConsentRequired', authorization_parameters: {required_scopes: [ONE]}}]}],
  [
    "a list of Globus Auth's",
    {error: 'dependent_consent_required', errors: [{code: 'DEPENDENT_CONSENT_REQUIRED', unapproved_scopes: [ONE]}]},
  ],
  ["OAuth's word", {error: 'dependent_consent_required', unapproved_scopes: ONE}],
  ['scopes in one text', {code: 'ConsentRequired', required_scopes: ONE}],
])('a consent, told as %s', (_, body) => {
  expect(told(body)).toBe(`Give your consent: stage login --profile me --collection ${SOURCE}`);
});

test.each([
  ['lists', {session_required_identities: ['ada@example.edu'], session_required_single_domain: ['example.edu']}],
  ['comma lists', {session_required_identities: 'ada@example.edu', session_required_single_domain: 'example.edu'}],
])('all demands on a session are met by one command: %s', (_, names) => {
  const parameters = {...names, session_required_policies: 'p1, p2', session_required_mfa: true, prompt: 'login'};
  const command =
    'stage login --profile me --identity ada@example.edu --domain example.edu --policy p1 --policy p2 --mfa';
  for (const body of [
    {code: 'AuthPolicyFailed', authorization_parameters: parameters},
    {code: 'ExternalError.DirListingFailed.LoginFailed', message: inMessage(parameters)},
    {errors: [{code: 'X', status: '403', authorization_parameters: parameters}]},
  ])
    expect(told(body)).toBe(
      `Sign in again as ada@example.edu, with an identity of example.edu, in a way that meets the policy p1 and p2, with a second factor: ${command}`,
    );
});

test('a consent and a session are met by one command, too', () => {
  const body = {
    code: 'ConsentRequired',
    required_scopes: [BOTH],
    authorization_parameters: {session_required_mfa: true},
  };
  expect(told(body)).toBe(
    `Sign in again with a second factor, and give your consent: stage login --profile me --collection ${SOURCE} --collection ${DESTINATION} --mfa`,
  );
});

test('a scope that is not for collections alone is asked for as it is, quoted for a shell', () => {
  expect(told({code: 'ConsentRequired', required_scopes: [TIMER]})).toBe(
    `Give your consent: stage login --profile me --scope '${TIMER}'`,
  );
  expect(told({code: 'ConsentRequired', required_scopes: `${ONE} openid`})).toBe(
    `Give your consent: stage login --profile me --collection ${SOURCE} --scope openid`,
  );
});

test('words of a service cannot become commands of a shell, and are kept as they were said: what shows them spells them out', () => {
  const body = {
    code: 'AuthPolicyFailed',
    message: 'a\u001b[2J\n b',
    authorization_parameters: {session_required_single_domain: ["x'; rm -rf ~ #"], session_message: 'c\u001b]0;d'},
  };
  const error = explainGlobus('GET /x', {status: 403, body}, native);
  expect(error.next[0]).toContain(`--domain 'x'\\''; rm -rf ~ #'`);
  expect(error.why).toContain('c\u001b]0;d');
  expect(error.why).toContain('"a\u001b[2J b"');
  const words = inWords(errorDocument(error).error, ({why}) => why ?? '', {colour: true});
  expect(words).toContain('c\\u001b]0;d');
  expect(words).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test.each([
  [{session_required_mfa: 'yes', session_required_policies: ['p1']}, '--policy p1'],
  [{session_required_identities: 7, session_required_mfa: true}, '--mfa'],
  [{session_message: {}, session_required_single_domain: ['a.edu', 'b.edu']}, '--domain a.edu --domain b.edu'],
])('a member of a wrong type does not hide the others: %j', (authorization_parameters, flags) => {
  expect(told({code: 'AuthPolicyFailed', authorization_parameters})).toMatch(new RegExp(`me ${flags}$`));
});

test.each([
  undefined,
  null,
  7,
  'x',
  [],
  {},
  {code: 'X'},
  {code: 'X', authorization_parameters: null},
  {errors: [null]},
])('%j demands nothing', (body) => expect(readDemands(body)).toBeUndefined());

test.each([
  {code: 'dependent_consent_required'},
  {error: 'dependent_consent_required', error_description: 'x'},
  {errors: [{code: 'DEPENDENT_CONSENT_REQUIRED', detail: 'x'}]},
])('%j is a consent, whether it names scopes or not', (body) => {
  const error = explainGlobus('GET /x', {status: 403, body}, native);
  expect(error.message).toContain('requires a consent');
  expect(error.next[0]).toBe('Sign in again: stage login --profile me');
  expect(error.why).toMatch(/^Globus said (dependent_consent|DEPENDENT_CONSENT)/);
});

test('parameters without any demand mean: sign in again', () => {
  expect(told({code: 'X', authorization_parameters: {}})).toBe('Sign in again: stage login --profile me');
  expect(told({code: 'ConsentRequired'})).toBe('Sign in again: stage login --profile me');
});

test('who is signed in by the globus CLI is told commands of the globus CLI', () => {
  const way = {login: 'stage login', method: 'globus-cli'} as const;
  expect(told({code: 'ConsentRequired', required_scopes: [ONE]}, way)).toBe(
    `Give the consent of the globus CLI: globus session consent '${ONE}'`,
  );
  const authorization_parameters = {session_required_policies: ['p1', 'p2'], session_required_single_domain: 'a.edu'};
  expect(told({code: 'AuthPolicyFailed', authorization_parameters}, way)).toMatch(
    /: globus session update --policy p1,p2 a\.edu$/,
  );
  expect(told({code: 'X', authorization_parameters: {}}, way)).toBe('Sign in again: globus login --force');
});

test('a client gives its consents itself, and is told that it cannot sign in as a person', () => {
  const way = {login: 'stage login --profile me', method: 'client'} as const;
  expect(told({code: 'ConsentRequired', required_scopes: [ONE]}, way)).toBe(
    `Give your consent: stage login --profile me --collection ${SOURCE}`,
  );
  const demands = readDemands({code: 'X', authorization_parameters: {session_required_mfa: true}});
  expect(demands && adviseSignIn(demands, way)).toEqual([
    expect.stringMatching(/A client cannot.*sign_in: native-app.*then type: stage login --profile me --mfa$/),
    expect.stringContaining('manager'),
  ]);
});
