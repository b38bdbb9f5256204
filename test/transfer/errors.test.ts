import {expect, test} from 'vitest';
import type {TokenSource} from '../../src/auth/token-source.ts';
import {explainGlobus, mayPass} from '../../src/transfer/globus/explain.ts';
import {createGlobusTransfer} from '../../src/transfer/globus/globus-transfer.ts';
import {SOURCE, taskId} from './documents.ts';
import {httpService, type Reaction} from './http-service.ts';

type Verdict = 'refused' | 'sign-in' | 'later';

const EXITS: Readonly<Record<Verdict, number>> = {refused: 2, 'sign-in': 3, later: 4};
const CONSENT = {required_scopes: ['a scope']};
const POLICY = {authorization_parameters: {session_required_single_domain: ['example.edu']}};

/** Every row of what Globus Transfer answers, and whether the same request may be sent again at once. */
const TABLE: [status: number, code: string, more: object, verdict: Verdict, again: boolean][] = [
  [400, 'ClientError.BadRequest', {}, 'refused', false],
  [400, 'BadRequest', {}, 'refused', false],
  [400, 'ClientError.BadRequest.NoTransferItems', {}, 'refused', false],
  [401, 'AuthenticationFailed', {}, 'sign-in', false],
  [401, 'ClientError.AuthenticationFailed', {}, 'sign-in', false],
  [403, 'PermissionDenied', {}, 'refused', false],
  [403, 'EndpointPermissionDenied', {}, 'refused', false],
  [403, 'ConsentRequired', CONSENT, 'sign-in', false],
  [403, 'ConsentRequired', {}, 'sign-in', false],
  [403, 'AuthPolicyFailed', POLICY, 'sign-in', false],
  [403, 'SomethingElse', POLICY, 'sign-in', false],
  [404, 'ClientError.NotFound', {}, 'refused', false],
  [404, 'NotFound', {}, 'refused', false],
  [404, 'EndpointNotFound', {}, 'refused', false],
  [404, 'EndpointDeleted', {}, 'refused', false],
  [404, 'BookmarkNotFound', {}, 'refused', false],
  [409, 'Conflict', {}, 'refused', false],
  [409, 'ClientError.Conflict.TooManyPendingJobs', {}, 'later', false],
  [403, 'TooManyPendingJobs', {}, 'later', false],
  [429, 'ClientError.TooManyTasks', {}, 'later', false],
  [400, 'PendingTaskLimit', {}, 'later', false],
  [409, 'ClientError.Conflict', {}, 'later', false],
  [409, 'ClientError.Conflict.Unheard', {}, 'later', false],
  [429, 'TooManyRequests', {}, 'later', true],
  [502, 'ExternalError.DirListingFailed', {}, 'later', false],
  [502, 'ExternalError.DirListingFailed.NotDirectory', {}, 'refused', false],
  [502, 'ExternalError.DirListingFailed.GCDisconnected', {}, 'later', false],
  [502, 'ExternalError.DirListingFailed.PermissionDenied', {}, 'refused', false],
  [502, 'ExternalError.DirListingFailed.ConnectFailed', {}, 'later', false],
  [502, 'ExternalError.DirListingFailed.LoginFailed', {}, 'sign-in', false],
  [502, 'ExternalError.DirListingFailed.SizeLimit', {}, 'refused', false],
  [502, 'ExternalError.MkdirFailed.Exists', {}, 'refused', false],
  [502, 'ExternalError.MkdirFailed.PermissionDenied', {}, 'refused', false],
  [403, 'ExternalError.MkdirFailed.PermissionDenied', {}, 'refused', false],
  [500, 'EndpointError', {}, 'later', false],
  [502, 'EndpointError', {}, 'later', false],
  [409, 'OperationPaused', {}, 'later', false],
  [400, 'OperationPaused', {}, 'later', false],
  [409, 'NotSupported', {}, 'refused', false],
  [503, 'ServiceUnavailable', {}, 'later', true],
  [504, 'GatewayTimeout', {}, 'later', true],
  [502, 'BadGateway', {}, 'later', true],
  [500, 'InternalError', {}, 'later', true],
];

test.each(TABLE)('%i %s %j: %s', (status, code, more, verdict, again) => {
  const answer = {status, body: {code, message: `about ${code}`, request_id: 'rq1', resource: '/x', ...more}};
  const error = explainGlobus('GET /x', answer);
  expect({exit: error.exit, again: mayPass(answer)}).toEqual({exit: EXITS[verdict], again});
  expect(error.why).toContain(`Globus said ${code}: "about ${code}" (request rq1)`);
  expect(verdict === 'refused' || error.next.length > 0).toBe(true);
});

test.each(TABLE)('%i %s is asked once, or as often as may help', async (status, code, more, verdict, again) => {
  const {transfer, asked} = await globus([{status, json: {code, message: 'm', ...more}}]);
  await expect(transfer.list({collection: SOURCE, path: '/'})).rejects.toMatchObject({exit: EXITS[verdict]});
  expect(asked).toHaveLength(status === 401 ? 2 : again ? 4 : 1); // 401: once more, with another token
});

const tokens: TokenSource = {token: async () => 't', renew: async () => 'u'};

async function globus(reactions: Reaction[]) {
  const service = await httpService(...reactions);
  const transfer = createGlobusTransfer({
    tokens,
    transferUrl: service.url,
    backoffMs: 1,
    fetchTimeoutMs: 2000,
    pace: async () => {},
  });
  return {...service, transfer};
}

test.each([
  [409, 'ClientError.Conflict.TooManyPendingJobs', 'x', 'room'],
  [429, 'TooManyPendingTransfers', 'x', 'room'],
  [409, 'Conflict', 'You have reached the limit of 100 pending tasks', 'room'],
  [403, 'ClientError.Forbidden', 'Too many queued transfers', 'room'],
  [400, 'ClientError.BadRequest', '100 active tasks: the maximum', 'room'],
  [409, 'ClientError.Conflict.Unheard', 'x', 'unclear'],
  [409, 'Conflict', 'A transfer with identical paths has not yet completed', undefined],
  [400, 'ClientError.BadRequest.TooManyItems', 'too many items in one transfer', undefined],
  [403, 'PermissionDenied', 'the limit of active sessions', undefined],
  [502, 'ExternalError.DirListingFailed.SizeLimit', 'more entries than the limit', undefined],
  [404, 'EndpointNotFound', 'no such endpoint for queued transfers', undefined],
] as const)('%i %s "%s" may be accepted later: %s', (status, code, message, later) => {
  const error = explainGlobus('POST /transfer', {status, body: {code, message}});
  expect(error).toMatchObject({globusCode: code, later, exit: later ? 4 : 2});
});

const page = {'content-type': 'text/html'};
const NO_WORDS: [string, Reaction][] = [
  ['a page', {status: 403, text: '<html>Forbidden</html>'}],
  ['JSON that is called a page', {status: 403, text: '{"code": "PermissionDenied"}', headers: page}],
  ['a success that is called a page', {status: 200, text: '{"DATA": []}', headers: page}],
  ['half of an error', {status: 404, text: '{"code": "EndpointNotF'}],
  ['an error without a code', {status: 404, json: {message: 'not found'}}],
  ['a code that is a number', {status: 404, json: {code: 404, message: 'not found'}}],
  ['a list', {status: 400, json: ['ClientError.BadRequest']}],
  ['a text', {status: 409, text: '"Conflict"'}],
  ['null', {status: 409, text: 'null'}],
  ['nothing', {status: 404, text: ''}],
];

test.each(NO_WORDS)('an answer with %s is no answer of Globus: nothing is concluded from it', async (_, reaction) => {
  const {transfer} = await globus([reaction]);
  await expect(transfer.list({collection: SOURCE, path: '/'})).rejects.toMatchObject({exit: 4});
  await expect(transfer.stat({collection: SOURCE, path: '/x'})).rejects.toMatchObject({exit: 4});
  expect((await transfer.look([taskId(1)])).get(taskId(1))?.kind).toBe('no-evidence');
});

test('the pause that Globus asks for is kept, as seconds or as a date, whatever of these it answers', async () => {
  for (const status of [429, 503]) {
    const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000).toUTCString();
    for (const retry of ['1', soon]) {
      const {transfer, asked} = await globus([
        {status, text: '', headers: {'retry-after': retry}},
        {status: 200, json: {DATA_TYPE: 'submission_id', value: 'x'}},
      ]);
      const began = Date.now();
      await transfer.newSubmissionId();
      expect(Date.now() - began).toBeGreaterThanOrEqual(retry === '1' ? 990 : Date.parse(soon) - began - 10);
      expect(asked).toHaveLength(2);
    }
  }
});

test('every request of a process waits for its turn, those that are sent again too', async () => {
  const service = await httpService({status: 500, json: {code: 'InternalError'}}, {status: 200, json: {value: 'x'}});
  let turns = 0;
  const transfer = createGlobusTransfer({
    tokens,
    transferUrl: service.url,
    backoffMs: 1,
    pace: async () => {
      turns++;
    },
  });
  await transfer.newSubmissionId();
  await transfer.newSubmissionId();
  expect({turns, asked: service.asked.length}).toEqual({turns: 3, asked: 3});
});
