import type {Identity} from '../auth/identities.ts';
import {asksForSession} from '../auth/requirements.ts';
import type {Collection} from '../store/collections.ts';

export interface CollectionSurroundings {
  readonly owner: Identity;
  /** roles of the caller */
  readonly roles: readonly string[];
  /** of a guest collection */
  readonly host: Collection | undefined;
}

/**
 * A collection as Globus documents it. It is shown as a GCP mapped collection: the CLI refuses to show GCSv5 ones
 * without a GCS Manager, and such need no data_access consent. One that asks for that consent, or for a session, is shown
 * as a GCSv5 mapped one, since no others do. Source: globus-cli 3.41.
 */
export function endpointDocument(
  collection: Collection,
  {owner, roles, host}: CollectionSurroundings,
): Record<string, unknown> {
  const {requires, guest} = collection;
  const onServer = (guest ? host?.requires : requires) !== undefined;
  const kind = guest ? 'guest' : 'mapped';
  return {
    DATA_TYPE: 'endpoint',
    id: collection.id,
    display_name: collection.name,
    canonical_name: `${owner.username}#${collection.id}`,
    name: collection.id,
    username: owner.username,
    owner_id: owner.id,
    owner_string: owner.username,
    description: guest ? 'A guest collection on this machine' : `The directory ${collection.directory} on this machine`,
    organization: 'stage local profile',
    department: null,
    keywords: null,
    contact_email: null,
    contact_info: null,
    info_link: null,
    public: false,
    default_directory: '/~/',
    entity_type: `${onServer ? 'GCSv5' : 'GCP'}_${kind}_collection`,
    force_encryption: false,
    disable_verify: false,
    high_assurance: false,
    authentication_timeout_mins: requires && asksForSession(requires) ? 10_080 : null,
    authentication_policy_id: requires?.policies[0] ?? null,
    subscription_id: null,
    host_endpoint: null,
    host_endpoint_id: guest?.host ?? null,
    host_endpoint_display_name: host?.name ?? null,
    host_path: guest?.path ?? null,
    mapped_collection_id: guest && onServer ? guest.host : null,
    mapped_collection_display_name: guest && onServer ? (host?.name ?? null) : null,
    gcp_connected: onServer || guest ? null : true,
    gcp_paused: onServer || guest ? null : false,
    is_globus_connect: !onServer && !guest,
    is_go_storage: false,
    s3_owner_activated: false,
    gcs_version: onServer ? '5.4.80' : null,
    gcs_manager_url: null,
    https_server: null,
    tlsftp_server: null,
    my_effective_roles: roles,
    acl_available: guest !== undefined,
    acl_editable: guest !== undefined && roles.some((role) => ['administrator', 'access_manager'].includes(role)),
    in_use: false,
    shareable: false,
    sharing_target_endpoint: null,
    non_functional: false,
    non_functional_endpoint_id: null,
    non_functional_endpoint_display_name: null,
    user_message: null,
    user_message_link: null,
    activated: true,
    expires_in: -1,
    expire_time: null,
    last_accessed_time: null,
    local_user_info_available: null,
    location: 'Automatic',
    network_use: 'normal',
    preferred_concurrency: 6,
    preferred_parallelism: 1,
    max_concurrency: 6,
    max_parallelism: 1,
    myproxy_dn: null,
    myproxy_server: null,
    oauth_server: null,
    s3_url: null,
    default_s3_storage_class: null,
  };
}
