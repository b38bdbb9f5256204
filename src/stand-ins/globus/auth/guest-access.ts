import type {Collection} from '../store/collections.ts';
import type {Permissions, Role} from '../store/permissions.ts';
import type {Identities} from './identities.ts';

/** What decides who may do what on guest collections. */
export interface GuestRules {
  readonly identities: Identities;
  readonly permissions: Permissions;
}

/**
 * The roles that an identity has on a collection. The person at this machine, and the stand-in's client, manage all of them; a
 * guest collection is its owner's besides, and of those whom a role was given.
 */
export function rolesOf(
  {identities, permissions}: GuestRules,
  collection: Collection,
  identity: string,
): Role['role'][] {
  if (identities.isManager(identity) || isOneOf(identities, identity, collection.guest?.owner))
    return ['administrator', 'activity_manager', 'activity_monitor', 'access_manager'];
  if (!collection.guest) return [];
  return permissions
    .roles(collection.id)
    .filter((one) => one.principalType === 'identity' && isOneOf(identities, identity, one.principal))
    .map((one) => one.role);
}

/** Whether an identity may read, or write, a path of a collection. Of several rules the widest counts. */
export function mayReach(
  rules: GuestRules,
  collection: Collection,
  identity: string,
  wanted: {readonly path: string; readonly to: 'read' | 'write'},
): boolean {
  if (!collection.guest) return rules.identities.isMember(identity);
  if (managesAccess(rolesOf(rules, collection, identity))) return true;
  const below = wanted.path === '/' ? '/' : `${wanted.path}/`;
  return rulesFor(rules, collection, identity).some(
    (rule) => below.startsWith(rule.path) && (wanted.to === 'read' || rule.permissions === 'rw'),
  );
}

/** Whether a collection is shown to an identity at all. */
export const isShownTo = (rules: GuestRules, collection: Collection, identity: string): boolean =>
  collection.guest
    ? rolesOf(rules, collection, identity).length > 0 || rulesFor(rules, collection, identity).length > 0
    : rules.identities.isMember(identity);

export const managesAccess = (roles: readonly Role['role'][]): boolean =>
  roles.includes('administrator') || roles.includes('access_manager');

const rulesFor = ({identities, permissions}: GuestRules, collection: Collection, identity: string) =>
  permissions
    .rules(collection.id)
    .filter(
      (rule) =>
        rule.principalType === 'all_authenticated_users' ||
        rule.principalType === 'anonymous' ||
        (rule.principalType === 'identity' && isOneOf(identities, identity, rule.principal)),
    );

/** An identity counts for all that are linked to it. */
const isOneOf = (identities: Identities, identity: string, wanted: string | undefined): boolean =>
  wanted !== undefined && identities.setOf(identity).some((one) => one.id === wanted);
