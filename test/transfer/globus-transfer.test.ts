import {join} from 'node:path';
import {inspect} from 'node:util';
import {expect, test} from 'vitest';
import type {TokenSource} from '../../src/auth/token-source.ts';
import {openAskedPause} from '../../src/disk/asked-pause.ts';
import {SignInNeeded, TransferRefused, TransferUnreachable} from '../../src/globus-errors.ts';
import {createGlobusTransfer, type GlobusTransferSettings} from '../../src/transfer/globus/globus-transfer.ts';
import {memoryDirectory} from '../support/memory-directory.ts';
import {aTransfer, SOURCE, taskDocument, taskId, taskList} from './documents.ts';
import {httpService, type Reaction} from './http-service.ts';

const SUBMISSION_ID = '454aa59c-9663-4584-a0a7-410b40534e97';
const ACCEPTED = {status: 202, json: {DATA_TYPE: 'transfer_result', code: 'Accepted', task_id: taskId(1)}};
const SUBMISSION = {status: 200, json: {DATA_TYPE: 'submission_id', value: SUBMISSION_ID}};

function tokens(): TokenSource & {renewed: string[]} {
  const renewed: string[] = [];
  return {
    renewed,
    token: async () => (renewed.length === 0 ? 'SECRET-1' : 'SECRET-2'),
    renew: async (rejected) => {
      renewed.push(rejected);
      return 'SECRET-2';
    },
  };
}

async function globus(reactions: Reaction[], settings: Partial<GlobusTransferSettings> = {}) {
  const service = await httpService(...reactions);
  const source = tokens();
  const transfer = createGlobusTransfer({
    tokens: source,
    transferUrl: service.url,
    backoffMs: 1,
    fetchTimeoutMs: 2000,
    ...settings,
  });
  return {...service, transfer, source};
}

const problem = (status: number, code: string, more = {}) => ({
  status,
  json: {code, message: `about ${code}`, request_id: 'rq1', resource: '/x', ...more},
});

test('fetches a submission id, and submits with it', async () => {
  const {transfer, asked} = await globus([SUBMISSION, ACCEPTED]);
  const id = await transfer.newSubmissionId();
  expect(await transfer.submit(id, aTransfer())).toBe(taskId(1));
  expect(asked.map(({method, path, authorization}) => [method, path, authorization])).toEqual([
    ['GET', '/v0.10/submission_id', 'Bearer SECRET-1'],
    ['POST', '/v0.10/transfer', 'Bearer SECRET-1'],
  ]);
  expect(JSON.parse(asked[1]?.body ?? '')).toMatchObject({DATA_TYPE: 'transfer', submission_id: SUBMISSION_ID});
});

test('a submission whose answer is lost is sent again with the same id, and the duplicate is the task', async () => {
  const {transfer, asked} = await globus(['half', {status: 200, json: {...ACCEPTED.json, code: 'Duplicate'}}]);
  expect(await transfer.submit(SUBMISSION_ID, aTransfer())).toBe(taskId(1));
  expect(asked.map(({body}) => JSON.parse(body).submission_id)).toEqual([SUBMISSION_ID, SUBMISSION_ID]);
});

test('a refusal says whether the same request had no answer a moment before: it may have been carried out', async () => {
  const full = problem(409, 'ClientError.Conflict.TooManyPendingJobs');
  const refusalOf = async (answers: Parameters<typeof globus>[0]) => {
    const {transfer} = await globus(answers);
    return transfer.submit(SUBMISSION_ID, aTransfer()).catch((error: unknown) => error);
  };
  expect(await refusalOf(['half', full])).toMatchObject({later: 'room', afterSilence: true});
  expect(await refusalOf([problem(502, 'BadGateway'), full])).toMatchObject({later: 'room', afterSilence: true});
  expect(await refusalOf([full])).toMatchObject({later: 'room', afterSilence: false});
});

test('the service may lie under a path of its own', async () => {
  const service = await httpService(SUBMISSION);
  const transfer = createGlobusTransfer({tokens: tokens(), transferUrl: `${service.url}/globus`});
  await transfer.newSubmissionId();
  expect(service.asked[0]?.path).toBe('/globus/v0.10/submission_id');
});

test('the address is a setting of ours alone: the environment of child processes is left as it was', async () => {
  const before = {...process.env};
  const {transfer} = await globus([SUBMISSION]);
  await transfer.newSubmissionId();
  expect(process.env).toEqual(before);
});

test('looks at 120 tasks with three questions, each for the fields that are used', async () => {
  const ids = Array.from({length: 120}, (_, n) => taskId(n));
  const {transfer, asked} = await globus([{status: 200, json: taskList(taskDocument({task_id: taskId(3)}))}]);
  const seen = await transfer.look(ids);
  expect(seen.size).toBe(120);
  expect(seen.get(taskId(3))?.kind).toBe('task');
  expect(seen.get(taskId(4))).toEqual({kind: 'unknown'});
  expect(asked).toHaveLength(3);
  expect(asked[2]?.query.filter).toBe(`task_id:${ids.slice(100).join(',')}/type:TRANSFER,DELETE`);
  expect(asked[0]?.query).toMatchObject({limit: '1000', fields: expect.stringContaining('task_id,status,')});
});

test('a chunk that fails is no evidence about its tasks, and says nothing about the others', async () => {
  const ids = Array.from({length: 60}, (_, n) => taskId(n));
  const {transfer} = await globus([{status: 200, json: taskList()}, problem(404, 'ClientError.NotFound')]);
  const seen = await transfer.look(ids);
  expect(seen.get(taskId(0))?.kind).toBe('unknown');
  expect(seen.get(taskId(59))).toMatchObject({
    kind: 'no-evidence',
    why: expect.stringContaining('ClientError.NotFound'),
  });
});

const HOPELESS: [string, Reaction][] = [
  ['500', problem(500, 'InternalError')],
  ['503 for maintenance', problem(503, 'ServiceUnavailable')],
  ['502 of a proxy', {status: 502, text: '<html>Bad Gateway</html>'}],
  ['a page instead of JSON', {status: 200, text: '<html>Please log in to the Wi-Fi</html>'}],
  ['an empty success', {status: 200, text: ''}],
  ['JSON of another form', {status: 200, json: {hello: 1}}],
  ['half an answer', 'half'],
  ['a cut connection', 'reset'],
  ['no answer at all', 'silent'],
  ['a 404 of a proxy', {status: 404, text: '<html>Not Found</html>'}],
];

test.each(HOPELESS)('%s allows no conclusion', async (_, reaction) => {
  const {transfer} = await globus([reaction], {fetchTimeoutMs: 150});
  expect((await transfer.look([taskId(1)])).get(taskId(1))?.kind).toBe('no-evidence');
  await expect(transfer.submit(SUBMISSION_ID, aTransfer())).rejects.toThrow(TransferUnreachable);
  await expect(transfer.cancel(taskId(1))).rejects.toThrow(TransferUnreachable);
});

test.each(HOPELESS)('%s is heard as a trouble of this process', async (_, reaction) => {
  const heard: unknown[] = [];
  const {transfer} = await globus([reaction], {fetchTimeoutMs: 150, heard: (trouble) => heard.push(trouble)});
  await transfer.newSubmissionId().catch(() => {});
  expect(heard).toEqual([expect.any(TransferUnreachable)]);
});

test.each([
  ['a success', SUBMISSION, undefined],
  ['a refusal', problem(403, 'PermissionDenied'), undefined],
  ['a consent that is wanted', problem(403, 'ConsentRequired', {required_scopes: ['s']}), undefined],
  ["a collection's own error", problem(502, 'ExternalError.DirListingFailed.GCDisconnected'), undefined],
  ['a sign-in that is not taken', problem(401, 'AuthenticationFailed'), SignInNeeded],
] as const)('%s: whether Globus has answered this process is heard once', async (_, reaction, trouble) => {
  const heard: unknown[] = [];
  const {transfer} = await globus([reaction, reaction], {heard: (each) => heard.push(each)});
  await transfer.newSubmissionId().catch(() => {});
  expect(heard).toEqual([trouble ? expect.any(trouble) : undefined]);
});

test('a sign-in that is not there is heard as a trouble', async () => {
  const missing = new SignInNeeded({what: 'no', why: 'no', next: []});
  const heard: unknown[] = [];
  const none = async () => Promise.reject(missing);
  const {transfer} = await globus([SUBMISSION], {
    tokens: {token: none, renew: none},
    heard: (each) => heard.push(each),
  });
  await transfer.look([taskId(1)]);
  expect(heard).toEqual([missing]);
});

test.each(HOPELESS.filter(([name]) => !/form|404|no answer/.test(name)))(
  'after %s the same request is sent again',
  async (_, reaction) => {
    const {transfer, asked} = await globus([reaction, SUBMISSION], {fetchTimeoutMs: 2000});
    expect(await transfer.newSubmissionId()).toBe(SUBMISSION_ID);
    expect(asked).toHaveLength(2);
  },
);

test('one that did not answer in time is not asked again at once: that would take as long once more', async () => {
  const {transfer, asked} = await globus(['silent', SUBMISSION], {fetchTimeoutMs: 150});
  await expect(transfer.newSubmissionId()).rejects.toMatchObject({timedOut: true});
  expect(asked).toHaveLength(1);
});

test('when it does not answer about the first tasks of many, it is not asked about the rest', async () => {
  const {transfer, asked} = await globus(['silent'], {fetchTimeoutMs: 150});
  const tasks = Array.from({length: 120}, (_, at) => taskId(at));
  const seen = [...(await transfer.look(tasks)).values()];
  expect(seen).toHaveLength(120);
  expect(seen.every((one) => one.kind === 'no-evidence' && one.timedOut)).toBe(true);
  expect(asked).toHaveLength(1);
});

test('four tries are made, not more', async () => {
  const {transfer, asked} = await globus([problem(500, 'InternalError')]);
  await expect(transfer.newSubmissionId()).rejects.toThrow(TransferUnreachable);
  expect(asked).toHaveLength(4);
});

test('waits as long as it is told to, but not longer than it has patience for', async () => {
  const {transfer, asked} = await globus([
    {...problem(429, 'TooManyRequests'), headers: {'retry-after': '1'}},
    SUBMISSION,
  ]);
  const began = Date.now();
  expect(await transfer.newSubmissionId()).toBe(SUBMISSION_ID);
  expect(Date.now() - began).toBeGreaterThanOrEqual(990);
  expect(asked).toHaveLength(2);

  const busy = await globus([{...problem(429, 'TooManyRequests'), headers: {'retry-after': '3600'}}]);
  await expect(busy.transfer.newSubmissionId()).rejects.toThrow(TransferUnreachable);
  expect(busy.asked).toHaveLength(1);
});

test('a long pause that Globus asks for is remembered for other processes: nobody asks before, and after it one does', async () => {
  let now = Date.now();
  const service = await httpService(
    {...problem(429, 'TooManyRequests'), headers: {'retry-after': '3600'}},
    SUBMISSION,
    {...problem(503, 'ServiceUnavailable'), headers: {'retry-after': '3600'}},
    SUBMISSION,
  );
  const path = join(memoryDirectory('pause-'), 'globus-pause.json');
  const process = (transferUrl = service.url) =>
    createGlobusTransfer({
      tokens: tokens(),
      transferUrl,
      backoffMs: 1,
      asked: openAskedPause(path, transferUrl, () => now),
    });
  const failure = (transfer: ReturnType<typeof process>) => transfer.newSubmissionId().catch((error: unknown) => error);
  const first = await failure(process());
  const second = await failure(process());
  for (const error of [first, second]) {
    expect(error).toBeInstanceOf(TransferUnreachable);
    expect(error).toMatchObject({why: expect.stringMatching(/^it asked for no request before .*TooManyRequests/)});
    expect(inspect(error)).toMatch(/run the same command again after \d/);
  }
  const [seen] = [...(await process().look([taskId(1)])).values()];
  expect(seen).toMatchObject({kind: 'no-evidence', why: expect.stringContaining('no request before')});
  expect(service.asked).toHaveLength(1);
  now += 3_601_000;
  expect(await process().newSubmissionId()).toBe(SUBMISSION_ID);
  await failure(process());
  await failure(process());
  expect(service.asked).toHaveLength(3);
  // A pause that a clock that was wrong wrote is none.
  now -= 100 * 3_600_000;
  expect(await process().newSubmissionId()).toBe(SUBMISSION_ID);
});

test('a long pause that a page on the way asks for, and not Globus, is kept for five minutes', async () => {
  let now = Date.now();
  const service = await httpService(
    {status: 503, text: '<html>maintenance</html>', headers: {'retry-after': '86400'}},
    SUBMISSION,
  );
  const asked = openAskedPause(join(memoryDirectory('pause-'), 'globus-pause.json'), service.url, () => now);
  const transfer = createGlobusTransfer({tokens: tokens(), transferUrl: service.url, backoffMs: 1, asked});
  await expect(transfer.newSubmissionId()).rejects.toThrow(TransferUnreachable);
  now += 290_000;
  await expect(transfer.newSubmissionId()).rejects.toThrow(TransferUnreachable);
  expect(service.asked).toHaveLength(1);
  now += 11_000;
  expect(await transfer.newSubmissionId()).toBe(SUBMISSION_ID);
});

test('a service without a listener is unreachable', async () => {
  const transfer = createGlobusTransfer({tokens: tokens(), transferUrl: 'http://127.0.0.1:1', backoffMs: 1});
  await expect(transfer.newSubmissionId()).rejects.toThrow(TransferUnreachable);
});

test('a rejected token is renewed once, and the request goes on with the new one', async () => {
  const {transfer, asked, source} = await globus([problem(401, 'AuthenticationFailed'), SUBMISSION]);
  expect(await transfer.newSubmissionId()).toBe(SUBMISSION_ID);
  expect(source.renewed).toEqual(['SECRET-1']);
  expect(asked.map(({authorization}) => authorization)).toEqual(['Bearer SECRET-1', 'Bearer SECRET-2']);
});

test.each([problem(401, 'AuthenticationFailed'), {status: 401, text: ''}])(
  'a renewed token that is rejected too needs a person',
  async (reaction) => {
    const {transfer, asked} = await globus([reaction]);
    await expect(transfer.newSubmissionId()).rejects.toThrow(SignInNeeded);
    expect(asked).toHaveLength(2);
  },
);

test('a missing consent names the scope', async () => {
  const scope = `urn:globus:auth:scope:transfer.api.globus.org:all[*https://auth.globus.org/scopes/${SOURCE}/data_access]`;
  const {transfer, asked} = await globus([problem(403, 'ConsentRequired', {required_scopes: [scope]})]);
  const error = await transfer.submit(SUBMISSION_ID, aTransfer()).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SignInNeeded);
  expect((error as SignInNeeded).why).toContain(scope);
  expect((error as SignInNeeded).next.join('\n')).toContain(`stage login --collection ${SOURCE}`);
  expect((error as SignInNeeded).exit).toBe(3);
  expect(asked).toHaveLength(1);
});

test("a collection's demand for another sign-in is passed on, whole", async () => {
  const authorization_parameters = {
    session_message: 'Use your university login',
    session_required_single_domain: ['example.edu'],
    session_required_mfa: true,
  };
  const {transfer} = await globus([problem(403, 'AuthPolicyFailed', {authorization_parameters})]);
  const error = await transfer.list({collection: SOURCE, path: '/'}).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SignInNeeded);
  expect((error as SignInNeeded).why).toContain('Use your university login');
  expect((error as SignInNeeded).next).toEqual(
    expect.arrayContaining([expect.stringContaining('example.edu'), expect.stringContaining('second factor')]),
  );
});

test('a demand that is hidden in the message of a failed listing is found', async () => {
  const result = {
    DATA_TYPE: 'result#1.0.0',
    authorization_parameters: {session_required_single_domain: ['example.edu']},
  };
  const message = `Error validating login to endpoint\\r\\n530-GridFTP-JSON-Result: ${JSON.stringify(result)}\\r\\n530 End.`;
  const {transfer, asked} = await globus([
    {status: 502, json: {code: 'ExternalError.DirListingFailed.LoginFailed', message}},
  ]);
  const error = await transfer.list({collection: SOURCE, path: '/'}).catch((thrown: unknown) => thrown);
  expect((error as SignInNeeded).next.join('\n')).toContain('example.edu');
  expect(asked).toHaveLength(1);
});

test.each([
  [409, 'Conflict', /still in progress/],
  [404, 'EndpointNotFound', /no such collection/],
  [403, 'PermissionDenied', /permission/],
  [400, 'ClientError.BadRequest', /ClientError\.BadRequest/],
  [502, 'ExternalError.DirListingFailed.NotDirectory', /not a directory/],
])('%i %s is a refusal that quotes Globus, and is not sent again', async (status, code, why) => {
  const {transfer, asked} = await globus([problem(status, code)]);
  const error = await transfer.submit(SUBMISSION_ID, aTransfer()).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TransferRefused);
  expect((error as TransferRefused).globusCode).toBe(code);
  expect((error as TransferRefused).why).toMatch(why);
  expect((error as TransferRefused).why).toContain(`about ${code}`);
  expect(asked).toHaveLength(1);
});

test('a collection that is not connected is not asked again at once, and is no refusal', async () => {
  const {transfer, asked} = await globus([problem(502, 'ExternalError.DirListingFailed.GCDisconnected')]);
  await expect(transfer.list({collection: SOURCE, path: '/'})).rejects.toThrow(TransferUnreachable);
  expect(asked).toHaveLength(1);
});

// The stand-in answers in one of these ways; test/contract/transfer-service.ts says what they have to come to.
test.each([
  {status: 200, json: {DATA_TYPE: 'result', code: 'TaskComplete', message: 'it was done'}},
  problem(404, 'ClientError.NotFound'),
  problem(409, 'TaskComplete'),
])('that there is nothing to cancel may be said in several ways, and is no error: %j', async (reaction) => {
  const {transfer, asked} = await globus([reaction]);
  await transfer.cancel(taskId(1));
  expect(asked).toMatchObject([{method: 'POST', path: `/v0.10/task/${taskId(1)}/cancel`}]);
});

test('events come with their times, and can be narrowed to errors', async () => {
  const event = {
    DATA_TYPE: 'event',
    code: 'FILE_NOT_FOUND',
    is_error: true,
    description: 'file not found',
    details: 'x',
    time: '2021-01-15T18:13:11+00:00',
  };
  const {transfer, asked} = await globus([{status: 200, json: {DATA_TYPE: 'event_list', DATA: [event]}}]);
  expect(await transfer.events(taskId(1), {errorsOnly: true, limit: 5})).toEqual([
    {
      at: Date.UTC(2021, 0, 15, 18, 13, 11),
      code: 'FILE_NOT_FOUND',
      isError: true,
      description: 'file not found',
      details: 'x',
    },
  ]);
  expect(asked[0]?.query).toEqual({limit: '5', filter: 'is_error:1'});
});

test('lists a directory and shows a collection', async () => {
  const DATA = [
    {DATA_TYPE: 'file', name: 'a b', type: 'file', size: 7},
    {name: 'd', type: 'dir', size: null},
    {name: 'p', type: 'pipe'},
  ];
  const {transfer, asked} = await globus([
    {status: 200, json: {DATA_TYPE: 'file_list', DATA}},
    {
      status: 200,
      json: {
        id: SOURCE,
        display_name: null,
        canonical_name: 'go#ep1',
        owner_string: 'go@globusid.org',
        entity_type: 'GCP_mapped_collection',
      },
    },
  ]);
  expect(await transfer.list({collection: SOURCE, path: '/~/a b/'})).toEqual([
    {name: 'a b', type: 'file', sizeBytes: 7},
    {name: 'd', type: 'dir', sizeBytes: 0},
    {name: 'p', type: 'other', sizeBytes: 0},
  ]);
  expect(asked[0]?.query.path).toBe('/~/a b/');
  expect(await transfer.collection(SOURCE)).toEqual({
    id: SOURCE,
    displayName: 'go#ep1',
    owner: 'go@globusid.org',
    entityType: 'GCP_mapped_collection',
  });
});

test('a word that is no id is not put into an address', async () => {
  const {transfer, asked} = await globus([SUBMISSION]);
  await expect(transfer.cancel('../submission_id' as never)).rejects.toThrow(TransferRefused);
  expect((await transfer.look(['x/label:y' as never])).get('x/label:y' as never)?.kind).toBe('no-evidence');
  expect(asked).toHaveLength(0);
});

test('no error shows a token, however it is printed', async () => {
  for (const reaction of [
    problem(401, 'AuthenticationFailed'),
    problem(403, 'ConsentRequired', {required_scopes: ['s']}),
    problem(409, 'Conflict'),
    'reset',
    'half',
    {status: 200, text: 'x'},
  ] as Reaction[]) {
    const {transfer} = await globus([reaction]);
    const error = await transfer.submit(SUBMISSION_ID, aTransfer()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error, {depth: null, showHidden: true}) + JSON.stringify(error)).not.toContain('SECRET');
  }
});

const PAUSED = {
  DATA_TYPE: 'pause_info_limited',
  pause_rules: [
    {
      message: 'tape robot',
      start_time: '2021-01-15T18:13:11+00:00',
      endpoint_id: SOURCE,
      endpoint_display_name: 'archive',
    },
  ],
  source_pause_message: 'tape robot',
  destination_pause_message: 'and we move house',
  source_pause_message_share: null,
};

test('says who paused a task: the rules, and messages that no rule has', async () => {
  const {transfer, asked} = await globus([
    {status: 200, json: PAUSED},
    {status: 200, json: {}},
  ]);
  expect(await transfer.pauses(taskId(1))).toEqual([
    {collection: {id: SOURCE, name: 'archive'}, message: 'tape robot', since: Date.parse('2021-01-15T18:13:11Z')},
    {message: 'and we move house'},
  ]);
  expect(asked[0]?.path).toBe(`/v0.10/task/${taskId(1)}/pause_info`);
  expect(await transfer.pauses(taskId(1))).toEqual([]);
});

test('a path that may not be looked at is a refusal, and not a path where nothing is', async () => {
  const {transfer, asked} = await globus([
    {status: 200, json: {DATA_TYPE: 'file', name: null, type: 'dir', size: null}},
    problem(403, 'EndpointPermissionDenied'),
  ]);
  const place = {collection: SOURCE, path: '/~/a'};
  expect(await transfer.stat(place)).toEqual({name: '', type: 'dir', sizeBytes: 0});
  await expect(transfer.stat(place)).rejects.toThrow(TransferRefused);
  expect(asked[0]).toMatchObject({path: `/v0.10/operation/endpoint/${SOURCE}/stat`, query: {path: '/~/a'}});
});

test('makes a directory, and asks for the deletion of that one alone', async () => {
  const {transfer, asked} = await globus([
    {status: 202, json: {DATA_TYPE: 'mkdir_result', code: 'DirectoryCreated'}},
    {status: 202, json: {...ACCEPTED.json, DATA_TYPE: 'delete_result'}},
  ]);
  const place = {collection: SOURCE, path: '/~/probe'};
  await transfer.makeDirectory(place);
  const request = {label: 'a label', collection: SOURCE, paths: ['/~/probe'], recursive: true};
  expect(await transfer.submit(SUBMISSION_ID, request)).toBe(taskId(1));
  expect(asked.map(({method, path}) => [method, path])).toEqual([
    ['POST', `/v0.10/operation/endpoint/${SOURCE}/mkdir`],
    ['POST', '/v0.10/delete'],
  ]);
  expect(JSON.parse(asked[0]?.body ?? '')).toEqual({DATA_TYPE: 'mkdir', path: '/~/probe'});
  expect(JSON.parse(asked[1]?.body ?? '')).toMatchObject({
    submission_id: SUBMISSION_ID,
    endpoint: SOURCE,
    label: 'a label',
    recursive: true,
    ignore_missing: true,
    DATA: [{DATA_TYPE: 'delete_item', path: '/~/probe'}],
  });
});

test('asks for unfinished tasks alone when so told, and says of a collection that its machine is away', async () => {
  const {transfer, asked} = await globus([
    {status: 200, json: taskList(taskDocument())},
    {
      status: 200,
      json: {id: SOURCE, display_name: 'mine', gcp_connected: false, contact_email: 'a@b', non_functional: true},
    },
  ]);
  expect(await transfer.recent({unfinished: true})).toHaveLength(1);
  expect(asked[0]?.query.filter).toBe('type:TRANSFER/status:ACTIVE,INACTIVE');
  expect(await transfer.collection(SOURCE)).toMatchObject({away: 'not connected', contact: 'a@b', nonFunctional: true});
});

test('asks for every option by the name that Globus has for it, and for none that was not given', async () => {
  const {transfer, asked} = await globus([ACCEPTED, ACCEPTED]);
  const checksum = 'd41d8cd98f00b204e9800998ecf8427e';
  await transfer.submit(
    SUBMISSION_ID,
    aTransfer({
      items: [
        {from: '/a', to: '/b', recursive: false, checksum, checksumAlgorithm: 'MD5'},
        {from: '/c/', to: '/d/', recursive: true},
      ],
      options: {
        verifyChecksum: true,
        preserveTimestamp: false,
        encryptData: false,
        filters: [
          {method: 'include', name: '*.nc', type: 'file'},
          {method: 'exclude', name: '*'},
        ],
        deleteExtra: true,
        skipSourceErrors: true,
        failOnQuota: true,
        symlinks: 'copy',
      },
    }),
  );
  await transfer.submit(SUBMISSION_ID, aTransfer());
  const [rich, plain] = asked.map(({body}) => JSON.parse(body ?? ''));
  expect(rich).toMatchObject({
    filter_rules: [
      {DATA_TYPE: 'filter_rule', method: 'include', name: '*.nc', type: 'file'},
      {DATA_TYPE: 'filter_rule', method: 'exclude', name: '*'},
    ],
    delete_destination_extra: true,
    skip_source_errors: true,
    fail_on_quota_errors: true,
    recursive_symlinks: 'copy',
    DATA: [
      {source_path: '/a', external_checksum: checksum, checksum_algorithm: 'MD5'},
      {source_path: '/c/', recursive: true},
    ],
  });
  expect(rich.DATA[1]).not.toHaveProperty('external_checksum');
  for (const key of ['filter_rules', 'delete_destination_extra', 'skip_source_errors', 'recursive_symlinks'])
    expect(plain).not.toHaveProperty(key);
});

test('reads what a task passed over page by page, and says when there is more than was asked for', async () => {
  const skipped = (path: string | null) => ({
    DATA_TYPE: 'skipped_error',
    source_path: path,
    destination_path: null,
    is_directory: false,
    error_code: 'PERMISSION_DENIED',
    error_details: 'Permission\n denied',
  });
  const page = (marker: number, next: number | null, ...paths: (string | null)[]) => ({
    status: 200,
    json: {DATA_TYPE: 'skipped_errors', marker, next_marker: next, DATA: paths.map(skipped)},
  });
  const {transfer, asked} = await globus([page(0, 2, '/a', null), page(2, null, '/c'), page(0, 2, '/a', '/b')]);
  expect(await transfer.skipped(taskId(1), 10)).toEqual({
    files: [
      {from: '/a', isDirectory: false, code: 'PERMISSION_DENIED', details: 'Permission denied'},
      {isDirectory: false, code: 'PERMISSION_DENIED', details: 'Permission denied'},
      {from: '/c', isDirectory: false, code: 'PERMISSION_DENIED', details: 'Permission denied'},
    ],
    more: false,
  });
  expect(asked.map(({query}) => query.marker)).toEqual([undefined, '2']);
  expect(await transfer.skipped(taskId(1), 2)).toMatchObject({files: [{from: '/a'}, {from: '/b'}], more: true});
});

test('a field of another type costs neither a list of events, nor one of files, nor what is known of a collection', async () => {
  const event = {DATA_TYPE: 'event', code: 7, is_error: 'yes', description: ['x'], details: null, time: false};
  const {transfer} = await globus([
    {status: 200, json: {DATA_TYPE: 'event_list', DATA: [event, {...event, code: 'STARTED'}]}},
    {
      status: 200,
      json: {
        DATA_TYPE: 'file_list',
        DATA: [
          {name: 'a', type: 3, size: 'big'},
          {name: 'b', type: 'file', size: 4},
        ],
      },
    },
    {
      status: 200,
      json: {id: SOURCE, display_name: 'mine', high_assurance: 'no', authentication_timeout_mins: 'a week'},
    },
  ]);
  expect((await transfer.events(taskId(1))).map(({code, isError}) => [code, isError])).toEqual([
    ['UNKNOWN', false],
    ['STARTED', false],
  ]);
  expect(await transfer.list({collection: SOURCE, path: '/'})).toMatchObject([
    {name: 'a', type: 'other', sizeBytes: 0},
    {name: 'b', type: 'file', sizeBytes: 4},
  ]);
  expect(await transfer.collection(SOURCE)).toMatchObject({displayName: 'mine'});
});

test('says as which local account each collection is to act, and counts a deadline from the submission', async () => {
  const {transfer, asked} = await globus([
    ACCEPTED,
    ACCEPTED,
    {status: 200, json: {DATA: []}},
    {status: 200, json: {type: 'file'}},
    {status: 200, json: {code: 'DirectoryCreated'}},
  ]);
  const options = {...aTransfer().options, deadlineAfterMs: 2 * 86_400_000};
  const before = Date.now();
  await transfer.submit(SUBMISSION_ID, aTransfer({options, sourceLocalUser: 'ada', destinationLocalUser: 'grace'}));
  await transfer.submit(SUBMISSION_ID, {
    label: 'x',
    collection: SOURCE,
    localUser: 'ada',
    paths: ['/a'],
    recursive: false,
  });
  const place = {collection: SOURCE, path: '/d/', localUser: 'ada'};
  await transfer.list(place);
  await transfer.stat(place);
  await transfer.makeDirectory(place);
  const [first, second, ls, stat, mkdir] = asked.map(({body, query}) => (body ? JSON.parse(body) : query));
  expect(first).toMatchObject({source_local_user: 'ada', destination_local_user: 'grace'});
  const deadline = Date.parse(first.deadline) - 2 * 86_400_000;
  expect(deadline).toBeGreaterThanOrEqual(before);
  expect(deadline).toBeLessThanOrEqual(Date.now());
  for (const document of [second, ls, stat, mkdir]) expect(document).toMatchObject({local_user: 'ada'});
});

test('asks for no mail but what the request wants, or else the profile: what is left out is a mail for every task', async () => {
  const flags = ({body}: {body?: string | undefined}) => {
    const {notify_on_succeeded, notify_on_failed, notify_on_inactive} = JSON.parse(body ?? '');
    return [notify_on_succeeded, notify_on_failed, notify_on_inactive];
  };
  const options = aTransfer().options;
  const deletion = {label: 'x', collection: SOURCE, paths: ['/a'], recursive: false};
  const quiet = await globus([ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED]);
  await quiet.transfer.submit(SUBMISSION_ID, aTransfer());
  await quiet.transfer.submit(SUBMISSION_ID, deletion);
  await quiet.transfer.submit(SUBMISSION_ID, aTransfer({options: {...options, notify: ['failed', 'inactive']}}));
  await quiet.transfer.submit(SUBMISSION_ID, {...deletion, notify: ['succeeded']});
  expect(quiet.asked.map(flags)).toEqual([
    [false, false, false],
    [false, false, false],
    [false, true, true],
    [true, false, false],
  ]);
  const told = await globus([ACCEPTED, ACCEPTED, ACCEPTED], {notify: ['failed']});
  await told.transfer.submit(SUBMISSION_ID, aTransfer());
  await told.transfer.submit(SUBMISSION_ID, deletion);
  await told.transfer.submit(SUBMISSION_ID, aTransfer({options: {...options, notify: []}}));
  expect(told.asked.map(flags)).toEqual([
    [false, true, false],
    [false, true, false],
    [false, false, false],
  ]);
});
