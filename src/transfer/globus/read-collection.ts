import * as z from 'zod/mini';
import type {Bookmark, CollectionDetails} from '../collection-service.ts';
import type {CollectionSeen} from '../transfer-service.ts';
import {Count, Switch, Text} from './document-parts.ts';

/** Source: Globus Transfer API, "Endpoint document", as Globus calls collections there. */
export const EndpointDocument = z.object({
  id: z.string(),
  display_name: Text,
  canonical_name: Text,
  owner_string: Text,
  owner_id: Text,
  entity_type: Text,
  high_assurance: Switch,
  authentication_timeout_mins: Count,
  authentication_policy_id: Text,
  contact_email: Text,
  gcp_connected: Switch,
  gcp_paused: Switch,
  non_functional: Switch,
});

/** All that people are shown of a collection. */
export const EndpointDetails = z.extend(EndpointDocument, {
  description: Text,
  organization: Text,
  keywords: Text, // a comma list
  info_link: Text,
  default_directory: Text,
  host_endpoint_id: Text,
  mapped_collection_id: Text,
  host_path: Text,
  user_message: Text,
  my_effective_roles: z.catch(z.nullish(z.array(z.string())), undefined),
  public: Switch,
  force_encryption: Switch,
});

export const EndpointList = z.object({DATA: z.array(EndpointDetails), has_next_page: z.boolean()});

export const BookmarkDocument = z.object({
  id: z.string(),
  name: z.string(),
  endpoint_id: z.string(),
  path: Text,
});
/** Not paged. */
export const BookmarkList = z.object({DATA: z.array(BookmarkDocument)});

export function readCollection(found: z.infer<typeof EndpointDocument>): CollectionSeen {
  return {
    id: found.id,
    displayName: found.display_name ?? found.canonical_name ?? found.id,
    owner: found.owner_string ?? found.owner_id ?? '',
    entityType: found.entity_type ?? '',
    highAssurance: found.high_assurance || undefined,
    authenticationTimeoutMinutes: found.authentication_timeout_mins || undefined,
    authenticationPolicy: found.authentication_policy_id || undefined,
    contact: found.contact_email || undefined,
    away: awayOf(found),
    nonFunctional: found.non_functional || undefined,
  };
}

/** Only personal collections say whether their machine is there; others leave it out or say null. */
function awayOf({gcp_connected, gcp_paused}: z.infer<typeof EndpointDocument>): CollectionSeen['away'] {
  if (gcp_paused) return 'paused by its owner';
  return gcp_connected === false ? 'not connected' : undefined;
}

export function readCollectionDetails(found: z.infer<typeof EndpointDetails>): CollectionDetails {
  const host = found.mapped_collection_id ?? found.host_endpoint_id;
  return {
    ...readCollection(found),
    description: found.description || undefined,
    organization: found.organization || undefined,
    keywords: (found.keywords ?? '').split(',').flatMap((word) => word.trim() || []),
    infoLink: found.info_link || undefined,
    defaultDirectory: found.default_directory || undefined,
    host: host && found.host_path ? {collection: host, path: found.host_path} : undefined,
    message: found.user_message || undefined,
    roles: found.my_effective_roles ?? [],
    public: found.public ?? false,
    forceEncryption: found.force_encryption || undefined,
  };
}

export function readBookmark({id, name, endpoint_id, path}: z.infer<typeof BookmarkDocument>): Bookmark {
  return {id, name, place: {collection: endpoint_id.toLowerCase(), path: path || '/~/'}};
}
