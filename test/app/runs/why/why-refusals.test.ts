import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {API_ERRORS} from '../../../../src/stand-ins/globus/http/api-errors.ts';
import {localWorld, type World} from '../../../support/world.ts';

// Real processes: the refusals are those of the service, over HTTP.

let world: World;
beforeAll(async () => {
  world = await localWorld();
  world.writeTree(world.path('archive', 'in'), 1);
});
afterAll(() => world.close());
afterEach(() => world.stage('local', 'outage', 'end'));

interface Reason {
  readonly step?: string;
  readonly code: string;
  readonly what: string;
  readonly why?: string;
  readonly next: readonly string[];
}

/** How Globus answers a submission, what `stage why` makes of it, what a person reads, and what they type next. */
const ANSWERS: readonly (readonly [mode: string, code: string, exit: number, says: RegExp, next: RegExp])[] = [
  ['BadRequest', 'STEP_FAILED', 1, /malformed/, /^stage resume|stage resume/],
  ['ClientError.BadRequest', 'STEP_FAILED', 1, /Invalid value for field/, /stage resume/],
  ['ClientError.BadRequest.NoTransferItems', 'STEP_FAILED', 1, /the transfer has no items/, /stage resume/],
  ['AuthenticationFailed', 'SIGN_IN_NEEDED', 3, /does not accept the sign-in/, /^Sign in again: stage login/],
  [
    'ClientError.AuthenticationFailed',
    'SIGN_IN_NEEDED',
    3,
    /does not accept the sign-in/,
    /^Sign in again: stage login/,
  ],
  ['PermissionDenied', 'STEP_FAILED', 1, /the identity in use lacks the permission/, /ask the owner of the collection/],
  ['EndpointPermissionDenied', 'STEP_FAILED', 1, /own rules or file system/, /collection's owner for access/],
  ['ConsentRequired', 'SIGN_IN_NEEDED', 3, /requires a consent/, /stage login .*--collection aaaaaaaa-5a5a/],
  [
    'AuthPolicyFailed',
    'SIGN_IN_NEEDED',
    3,
    /requires another sign-in.*last week/,
    /stage login .*--domain example\.org/,
  ],
  ['EndpointNotFound', 'STEP_FAILED', 1, /there is no such collection/, /Correct the id under "collections"/],
  ['EndpointDeleted', 'STEP_FAILED', 1, /there is no such collection/, /Correct the id under "collections"/],
  // No task is found that could be the one.
  ['Conflict', 'TRANSFER_REFUSED_FOR_NOW', 0, /same paths is still in progress/, /asked for again by itself/],
  ['ClientError.Conflict', 'TRANSFER_REFUSED_FOR_NOW', 0, /something that is under way/, /asked for again by itself/],
  [
    'ClientError.Conflict.TooManyPendingJobs',
    'TRANSFER_REFUSED_FOR_NOW',
    0,
    /no room for another task.*limit of 100 pending/,
    /as soon as a transfer of stage has ended/,
  ],
  ['EndpointError', 'SUBMISSION_UNCONFIRMED', 4, /EndpointError.*same submission id/, /stage status/],
  ['429', 'GLOBUS_NOT_ASKED', 4, /slow down/, /later/],
  ['500', 'GLOBUS_NOT_ASKED', 4, /internal error/i, /later/],
  ['503', 'GLOBUS_NOT_ASKED', 4, /down for maintenance/, /later/],
  ['garbage', 'GLOBUS_NOT_ASKED', 4, /GET submission_id|submission_id/, /later/],
];

test('the table holds every error that a submission can meet', () => {
  expect(ANSWERS.map(([mode]) => mode)).toEqual(expect.arrayContaining(Object.keys(API_ERRORS)));
});

test.each(ANSWERS)('a submission that meets %s is %s, exit %i', async (mode, code, exit, says, next) => {
  const name = `meets-${mode.replaceAll('.', '-').toLowerCase()}`;
  const file = world.write(
    `${name}.yaml`,
    `name: ${name}\nsteps:\n  fetch: {transfer: {from: "archive:/in/", to: "cluster:/${name}/"}}\n`,
  );
  const begins = (outage: string) => world.stage('local', 'outage', 'globus', '--mode', outage);
  const patient = code === 'GLOBUS_NOT_ASKED'; // such an answer is tried again for a while: once is enough
  expect((await begins(patient ? 'garbage' : mode)).exitCode).toBe(0);
  await world.stage('run', file, '--no-check');
  if (patient) await begins(mode);
  const asked = await world.stage('why', name, 'fetch', '--json');
  const [reason] = asked.json<{reasons: Reason[]}>().reasons;
  expect({exit: asked.exitCode, code: reason?.code}).toEqual({exit, code});
  expect(`${reason?.what}: ${reason?.why}`).toMatch(says);
  expect(reason?.next.some((line) => next.test(line))).toBe(true);
  await world.stage('local', 'outage', 'end');
  await world.stage('cancel', name);
});
