import {afterAll, beforeAll, expect, test} from 'vitest';
import {type Document, openWorld, signInByHand, tokenFor, type World} from './support.ts';

/*
 * The fields of each document, as clients rely on them. Source: Globus Transfer API; fixtures of globus-sdk-python 4.3
 * and globus-cli 3.41; types of @globus/sdk 6.2.
 */

let world: World;
let task: string;
let removal: string;
let bookmark: string;
let rule: string;
beforeAll(async () => {
  world = await openWorld();
  world.put('in/f', 'x');
  task = await world.transfer({from: '/in/f', to: '/f'}, {skip_source_errors: true});
  await world.ended(task);
  const id = (await world.call('GET', '/submission_id')).body.value;
  const deletion = {
    DATA_TYPE: 'delete',
    submission_id: id,
    endpoint: world.destination.id,
    DATA: [{DATA_TYPE: 'delete_item', path: '/f'}],
  };
  removal = String((await world.call('POST', '/delete', deletion)).body.task_id);
  await world.ended(removal);
  const place = {name: 'here', endpoint_id: world.source.id, path: '/in/'};
  bookmark = String((await world.call('POST', '/bookmark', place)).body.id);
  const pause = {endpoint_id: world.destination.id, message: 'moving house', pause_mkdir: true};
  rule = String((await world.call('POST', '/endpoint_manager/pause_rule', pause)).body.id);
});
afterAll(() => world.remove());

const TASK = `task_id type status fatal_error label username owner_id request_time completion_time deadline
  source_endpoint source_endpoint_id source_endpoint_display_name destination_endpoint destination_endpoint_id
  destination_endpoint_display_name sync_level encrypt_data verify_checksum delete_destination_extra recursive_symlinks
  preserve_timestamp skip_source_errors fail_on_quota_errors command history_deleted faults files directories symlinks
  files_skipped files_transferred subtasks_total subtasks_pending subtasks_retrying subtasks_succeeded subtasks_expired
  subtasks_canceled subtasks_failed subtasks_skipped_errors bytes_transferred bytes_checksummed
  effective_bytes_per_second nice_status nice_status_details nice_status_short_description nice_status_expires_in
  canceled_by_admin canceled_by_admin_message is_paused is_ok filter_rules source_base_path destination_base_path`;
const ENDPOINT = `id display_name canonical_name owner_id owner_string description organization department keywords
  contact_email contact_info info_link public default_directory entity_type force_encryption disable_verify
  high_assurance authentication_timeout_mins authentication_policy_id subscription_id host_endpoint_id host_path
  mapped_collection_id gcp_connected gcp_paused gcs_version gcs_manager_url https_server tlsftp_server
  my_effective_roles non_functional user_message activated expires_in myproxy_server myproxy_dn s3_url
  s3_owner_activated`;
const FILE = `name type size last_modified permissions user group link_target link_size link_user link_group
  link_last_modified`;
const PAUSES = `pause_ls pause_mkdir pause_symlink pause_rename pause_task_delete pause_task_transfer_write
  pause_task_transfer_read pause_task_transfer_delete`;

test.each<[string, () => string, string, string, string?]>([
  ['submission_id', () => '/submission_id', 'submission_id', 'value'],
  ['task', () => `/task/${task}`, 'task', TASK],
  ['task of a delete', () => `/task/${removal}`, 'task', TASK],
  ['task_list', () => '/task_list', 'task_list', 'length limit offset total', TASK],
  [
    'event_list',
    () => `/task/${task}/event_list`,
    'event_list',
    'length limit offset total',
    'code description details is_error time',
  ],
  [
    'successful_transfers',
    () => `/task/${task}/successful_transfers`,
    'successful_transfers',
    'marker next_marker',
    'source_path destination_path checksum checksum_algorithm size dynamic',
  ],
  ['skipped_errors', () => `/task/${task}/skipped_errors`, 'skipped_errors', 'marker next_marker'],
  [
    'pause_info_limited',
    () => `/task/${task}/pause_info`,
    'pause_info_limited',
    `pause_rules source_pause_message destination_pause_message source_pause_message_share
     destination_pause_message_share`,
  ],
  ['endpoint', () => `/endpoint/${world.source.id}`, 'endpoint', ENDPOINT],
  [
    'endpoint_list',
    () => '/endpoint_search?filter_scope=my-endpoints',
    'endpoint_list',
    'has_next_page limit offset',
    ENDPOINT,
  ],
  [
    'file_list',
    () => `/operation/endpoint/${world.source.id}/ls?path=/in`,
    'file_list',
    'endpoint path absolute_path rename_supported symlink_supported length total',
    FILE,
  ],
  ['file', () => `/operation/endpoint/${world.source.id}/stat?path=/in/f`, 'file', FILE],
  ['bookmark_list', () => '/bookmark_list', 'bookmark_list', '', 'id name endpoint_id path'],
  ['bookmark', () => `/bookmark/${bookmark}`, 'bookmark', 'id name endpoint_id path'],
  [
    'task_list of a manager',
    () => '/endpoint_manager/task_list',
    'task_list',
    'last_key has_next_page',
    `${TASK} owner_string source_local_user destination_local_user source_local_user_status source_host_path`,
  ],
  ['task of a manager', () => `/endpoint_manager/task/${task}`, 'task', `${TASK} owner_string`],
  ['endpoint_list of a manager', () => '/endpoint_manager/monitored_endpoints', 'endpoint_list', '', ENDPOINT],
  [
    'pause_rule',
    () => `/endpoint_manager/pause_rule/${rule}`,
    'pause_rule',
    `id message start_time modified_time endpoint_id endpoint_display_name identity_id modified_by_id
     created_by_host_manager editable ${PAUSES}`,
  ],
  ['pause_rule_list', () => '/endpoint_manager/pause_rule_list', 'pause_rule_list', '', `id message ${PAUSES}`],
])('a document %s has every field', async (_what, path, type, fields, rowFields) => {
  const {status, body} = await world.call('GET', path());
  expect({status, type: body.DATA_TYPE}, JSON.stringify(body)).toEqual({status: 200, type});
  expect(Object.keys(body)).toEqual(expect.arrayContaining(fields.split(/\s+/).filter(Boolean)));
  if (rowFields === undefined) return;
  const rows = body.DATA as Document[];
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) {
    expect(row.DATA_TYPE).toBeTypeOf('string');
    expect(Object.keys(row)).toEqual(expect.arrayContaining(rowFields.split(/\s+/).filter(Boolean)));
  }
});

test('a task that has ended says so in the fields that speak of its state, and a delete has one side', async () => {
  expect(await world.task(task)).toMatchObject({
    status: 'SUCCEEDED',
    is_ok: null,
    nice_status: null,
    nice_status_short_description: null,
    nice_status_expires_in: null,
    nice_status_details: null,
    fatal_error: null,
    command: 'API 0.10',
    history_deleted: false,
  });
  expect(await world.task(removal)).toMatchObject({
    type: 'DELETE',
    source_endpoint_id: world.destination.id,
    destination_endpoint: null,
    destination_endpoint_id: null,
    destination_endpoint_display_name: null,
  });
});

test('what Auth says of a person and of identities has every field', async () => {
  const given = await signInByHand(
    world.globus,
    'openid profile email urn:globus:auth:scope:auth.globus.org:view_identity_set',
  );
  const ask = async (path: string) =>
    (await (
      await fetch(new URL(path, world.globus.url), {
        headers: {authorization: `Bearer ${tokenFor(given, 'auth.globus.org')}`},
      })
    ).json()) as Document;
  const userinfo = await ask('/v2/oauth2/userinfo');
  const fields = ['sub', 'name', 'email', 'organization', 'identity_provider', 'identity_provider_display_name'];
  expect(Object.keys(userinfo)).toEqual(
    expect.arrayContaining([...fields, 'preferred_username', 'last_authentication', 'identity_set']),
  );
  for (const one of userinfo.identity_set as Document[]) {
    expect(Object.keys(one)).toEqual(expect.arrayContaining([...fields, 'username', 'last_authentication']));
  }
  const {identities} = await ask(`/v2/api/identities?usernames=${userinfo.preferred_username},nobody@nowhere.example`);
  expect(identities).toEqual([
    expect.objectContaining({
      id: userinfo.sub,
      username: userinfo.preferred_username,
      name: expect.any(String),
      email: expect.any(String),
      organization: null,
      status: 'used',
      identity_provider: expect.any(String),
    }),
  ]);
});
