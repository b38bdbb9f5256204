import * as z from 'zod/mini';
import type {Bookmark, CollectionShown, FileShown} from '../collection-service.ts';
import {kindOf, readCollection} from './read-collection.ts';
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

function text<K extends string>(name: K, value: string | null | undefined): {[P in K]?: string} {
  return value ? ({[name]: value} as {[P in K]: string}) : {}; // a computed key loses its type
}
