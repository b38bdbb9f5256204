import * as z from 'zod/mini';
import type {Bookmark, CollectionShown, FileShown} from '../collection-service.ts';
import type {CollectionSeen, FileEntry} from '../transfer-service.ts';
import {readTime} from './read-task.ts';
import {EndpointDocument} from './schemas.ts';

const Text = z.nullish(z.string());

/** What people are shown of a collection. Source: Globus Transfer API, "Endpoint document". */
export const ShownDocument = z.extend(EndpointDocument, {
  description: Text,
  organization: Text,
  keywords: Text, // a comma list
  info_link: Text,
  default_directory: Text,
  host_endpoint_id: Text,
  mapped_collection_id: Text,
  host_path: Text,
  user_message: Text,
  my_effective_roles: z.nullish(z.array(z.string())),
  public: z.nullish(z.boolean()),
  force_encryption: z.nullish(z.boolean()),
});

export const EndpointList = z.object({DATA: z.array(ShownDocument), has_next_page: z.boolean()});

export const ShownList = z.object({
  path: Text,
  absolute_path: Text,
  total: z.nullish(z.number()),
  DATA: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      size: z.nullish(z.number()),
      last_modified: Text,
      permissions: Text,
      user: Text,
      group: Text,
      link_target: Text,
    }),
  ),
});

export const BookmarkDocument = z.object({
  id: z.string(),
  name: z.string(),
  endpoint_id: z.string(),
  path: z.nullish(z.string()),
});
/** Not paged. */
export const BookmarkList = z.object({DATA: z.array(BookmarkDocument)});

export function readCollection(found: z.infer<typeof EndpointDocument>): CollectionSeen {
  return {
    id: found.id,
    displayName: found.display_name ?? found.canonical_name ?? found.id,
    owner: found.owner_string ?? found.owner_id ?? '',
    entityType: found.entity_type ?? '',
    ...(found.high_assurance ? {highAssurance: true} : {}),
    ...(found.authentication_timeout_mins ? {authenticationTimeoutMinutes: found.authentication_timeout_mins} : {}),
    ...(found.authentication_policy_id ? {authenticationPolicy: found.authentication_policy_id} : {}),
    ...(found.contact_email ? {contact: found.contact_email} : {}),
    ...awayOf(found),
    ...(found.non_functional ? {nonFunctional: true} : {}),
  };
}

/** Only personal collections say whether their machine is there; others leave it out or say null. */
function awayOf({gcp_connected, gcp_paused}: z.infer<typeof EndpointDocument>): Pick<CollectionSeen, 'away'> {
  if (gcp_paused) return {away: 'paused by its owner'};
  return gcp_connected === false ? {away: 'not connected'} : {};
}

export function readShown(found: z.infer<typeof ShownDocument>): CollectionShown {
  const host = found.mapped_collection_id ?? found.host_endpoint_id;
  return {
    ...readCollection(found),
    ...text('description', found.description),
    ...text('organization', found.organization),
    keywords: (found.keywords ?? '').split(',').flatMap((word) => word.trim() || []),
    ...text('infoLink', found.info_link),
    ...text('defaultDirectory', found.default_directory),
    ...(host && found.host_path ? {host: {collection: host, path: found.host_path}} : {}),
    ...text('message', found.user_message),
    roles: found.my_effective_roles ?? [],
    public: found.public ?? false,
    ...(found.force_encryption ? {forceEncryption: true} : {}),
  };
}

export function readShownFile(file: z.infer<typeof ShownList>['DATA'][number]): FileShown {
  const modifiedAt = readTime(file.last_modified);
  return {
    name: file.name,
    type: kindOf(file.type),
    sizeBytes: file.size ?? 0,
    ...(modifiedAt === undefined ? {} : {modifiedAt}),
    ...text('permissions', file.permissions),
    ...text('user', file.user),
    ...text('group', file.group),
    ...text('linkTarget', file.link_target),
  };
}

export function readBookmark({id, name, endpoint_id, path}: z.infer<typeof BookmarkDocument>): Bookmark {
  return {id, name, place: {collection: endpoint_id.toLowerCase(), path: path || '/~/'}};
}

export function kindOf(type: string): FileEntry['type'] {
  return type === 'file' || type === 'dir' ? type : 'other';
}

function text<K extends string>(name: K, value: string | null | undefined): {[P in K]?: string} {
  return value ? ({[name]: value} as {[P in K]: string}) : {}; // a computed key loses its type
}
