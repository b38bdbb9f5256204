import {auth, transfer} from '@globus/sdk';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Document, openWorld, until, type World} from './support.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  process.env.GLOBUS_SDK_SERVICE_URL_AUTH = world.globus.url;
  process.env.GLOBUS_SDK_SERVICE_URL_TRANSFER = world.globus.url;
});
afterEach(async () => {
  delete process.env.GLOBUS_SDK_SERVICE_URL_AUTH;
  delete process.env.GLOBUS_SDK_SERVICE_URL_TRANSFER;
  await world.remove();
});

test('@globus/sdk signs in, submits, watches, lists and cancels without knowing the difference', async () => {
  const {clientId, clientSecret} = world.globus.credentials();
  const basic = {Authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`};
  const scope = 'urn:globus:auth:scope:transfer.api.globus.org:all';
  // The type of the payload knows only authorization_code; the method sends whatever it is given.
  const payload = {grant_type: 'client_credentials', scope} as never;
  const signedIn = await auth.oauth2.token.token({payload, headers: basic});
  const {access_token} = (await signedIn.json()) as {access_token: string};
  const headers = {Authorization: `Bearer ${access_token}`};

  const {value} = await (await transfer.taskSubmission.submissionId({headers})).json();
  world.put('in/f1.txt', 'hello');
  const submitted = await transfer.taskSubmission.submitTransfer({
    headers,
    payload: {
      submission_id: value,
      label: 'js',
      source_endpoint: world.source.id,
      destination_endpoint: world.destination.id,
      sync_level: 3,
      verify_checksum: true,
      DATA: [{DATA_TYPE: 'transfer_item', source_path: '/in/', destination_path: '/js/', recursive: true}],
    },
  });
  expect(submitted.status).toBe(202);
  const {task_id} = (await submitted.json()) as {task_id: string};
  const task = await until('it has ended', async () => {
    const seen = await (await transfer.task.get(task_id, {headers})).json();
    return seen.status === 'SUCCEEDED' && seen;
  });
  expect(task).toMatchObject({label: 'js', files: 1, bytes_transferred: 5, source_endpoint_id: world.source.id});
  const all = await transfer.task.getAll({headers, query: {filter: `task_id:${task_id}`, limit: 1000} as never});
  expect(((await all.json()) as unknown as Document).total).toBe(1);
  const events = await (await transfer.task.getEventList(task_id, {headers})).json();
  expect(events.DATA.map((event) => event.code)).toEqual(['SUCCEEDED', 'STARTED']);
  const ls = await transfer.fileOperations.ls(world.destination.id, {headers, query: {path: '/js/'}});
  expect(((await ls.json()) as unknown as Document).DATA).toMatchObject([{name: 'f1.txt', size: 5, type: 'file'}]);
  const collection = await (await transfer.endpoint.get(world.source.id, {headers})).json();
  expect(collection).toMatchObject({display_name: 'source', entity_type: 'GCP_mapped_collection'});
  const cancelled = await (await transfer.task.cancel(task_id, {headers})).json();
  expect(cancelled).toMatchObject({code: 'TaskComplete'});
});
