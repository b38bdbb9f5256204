import {expect, test} from 'vitest';
import {differencesBetween, judgeProbe} from '../../../src/app/site/judge-probe.ts';
import {globusSurroundings, type ProbeAnswer} from '../../../src/app/site/probe-job.ts';
import {NoKeyring} from '../../../src/auth/keyring-store.ts';
import type {StageError} from '../../../src/errors.ts';
import {ProxyWrong, SignInNeeded, TransferUnreachable} from '../../../src/globus-errors.ts';

const HERE = {HOME: '/home/ada', GLOBUS_PROFILE: 'work'};
function answerOf({code, exit, message, why, next}: StageError, variables: Record<string, string> = HERE): ProbeAnswer {
  return {host: 'node7', variables, error: {code, exit, what: message, why, next: [...next]}};
}
const away = (why: string) => new TransferUnreachable('GET /submission_id', why);
const signIn = (why: string) => new SignInNeeded({what: 'You are not signed in', why, next: ['stage login']});

test('a job that received a submission id is well', () => {
  expect(judgeProbe({host: 'node7', variables: {}}, {})).toMatchObject({
    level: 'ok',
    why: expect.stringContaining('node7'),
  });
});

test.each([
  ['a keyring without a session', new NoKeyring('no bus'), 3, /no keyring answers there/, /token_store: file/],
  ['no token store', signIn('no tokens are stored for this profile'), 3, /finds no sign-in there/, /STAGE_HOME/],
  ['a name', away('the connection failed (ENOTFOUND)'), 4, /name of Globus is not resolved/, /queue whose nodes reach/],
  [
    'a proxy that is named wrongly',
    new ProxyWrong('https_proxy', 'it has no host'),
    3,
    /named wrongly there: https_proxy.*it has no host/,
    /from its node, or from "setup" of the profile/,
  ],
  ['a proxy', away('the proxy p:1 cannot be reached (ECONNREFUSED)'), 4, /proxy does not let it/, /under "proxy"/],
  ['TLS', away('the certificate of g is not trusted here (X): …'), 4, /certificate of Globus/, /NODE_EXTRA_CA_CERTS/],
  ['no route', away('the connection failed (ENETUNREACH)'), 4, /cannot be reached from there/, /network: false/],
  ['silence', away('no answer within 30 s'), 4, /cannot be reached from there/, /queue whose nodes reach/],
  ['a refusal', signIn('Globus said AuthenticationFailed'), 3, /did not let it in/, /stage login/],
])('%s is named, with what to do', (_, error, exit, why, next) => {
  const found = judgeProbe(answerOf(error), HERE);
  expect(found).toMatchObject({level: 'problem', exit, why: expect.stringMatching(why)});
  expect(found.next.join('\n')).toMatch(next);
  expect(found.next.join('\n')).not.toMatch(/ in this shell, and /);
});

test('what this shell has and the job has not is named', () => {
  expect(differencesBetween(HERE, {HOME: '/home/ada', https_proxy: 'http://p:1'})).toEqual([
    'GLOBUS_PROFILE is work in this shell, and not set in the job.',
    'https_proxy is not set in this shell, and http://p:1 in the job.',
  ]);
});

test('the password of a proxy leaves no process, and nothing else of the environment does', () => {
  const env = {HTTPS_PROXY: 'http://me:SECRET@p:1', https_proxy: 'me:SECRET@p:2', HOME: '/h', AWS_TOKEN: 'x'};
  expect(globusSurroundings(env)).toEqual({HOME: '/h', HTTPS_PROXY: 'http://p:1', https_proxy: 'p:2'});
  for (const wrong of ['http://me:SEC/RET@p:1', 'http://me:SEC#RET@p:1', 'http://me:SECRET'])
    expect(globusSurroundings({https_proxy: wrong})).toEqual({https_proxy: 'no address of a proxy'});
});
