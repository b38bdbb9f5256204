import type * as z from 'zod/mini';
import type {CollectionSeen, FileEntry} from '../transfer-service.ts';
import type {EndpointDocument} from './schemas.ts';

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

export function kindOf(type: string): FileEntry['type'] {
  return type === 'file' || type === 'dir' ? type : 'other';
}
