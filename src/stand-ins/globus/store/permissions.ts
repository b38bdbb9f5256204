import {randomUUID} from 'node:crypto';
import {join} from 'node:path';
import {z} from 'zod';
import {readRecord, writeRecord} from '../../record.ts';
import {TransferProblem} from '../http/problem.ts';
import {taskTime} from '../http/time.ts';

const ruleSchema = z.object({
  id: z.string(),
  collection: z.string(),
  principalType: z.enum(['identity', 'group', 'all_authenticated_users', 'anonymous']),
  /** id of an identity or a group; empty for everybody */
  principal: z.string(),
  /** a directory of the guest collection, with a slash at both ends; what lies below it is meant */
  path: z.string(),
  permissions: z.enum(['r', 'rw']),
  createdAt: z.number(),
});
export type AccessRule = z.output<typeof ruleSchema>;

export const ROLES = ['administrator', 'access_manager', 'activity_manager', 'activity_monitor'] as const;
const roleSchema = z.object({
  id: z.string(),
  collection: z.string(),
  principalType: z.enum(['identity', 'group']),
  principal: z.string(),
  role: z.enum(ROLES),
});
export type Role = z.output<typeof roleSchema>;

/** Who may do what on guest collections: access rules by path, and roles. Source: globus-sdk-python 4.3, `TransferClient`. */
export interface Permissions {
  rules(collection: string): AccessRule[];
  /** @throws {TransferProblem} 404 */
  rule(collection: string, id: string): AccessRule;
  /** @throws {TransferProblem} 409 `Exists` where the same principal has a rule for the same path */
  addRule(wanted: Omit<AccessRule, 'id' | 'createdAt'>): AccessRule;
  /** Whatever there is for the same principal and path. @param permissions null: none any more */
  setRule(
    of: Omit<AccessRule, 'id' | 'createdAt' | 'permissions'>,
    permissions: AccessRule['permissions'] | null,
  ): void;
  changeRule(collection: string, id: string, permissions: AccessRule['permissions']): void;
  removeRule(collection: string, id: string): void;
  roles(collection: string): Role[];
  role(collection: string, id: string): Role;
  addRole(wanted: Omit<Role, 'id'>): Role;
  removeRole(collection: string, id: string): void;
  /** Everything about a collection that is gone. */
  forget(collection: string): void;
}

/** @param root directory of the stand-in's state; `permissions.json` lies in it */
export function openPermissions(root: string): Permissions {
  const file = join(root, 'permissions.json');
  const read = readRecord(file, z.object({rules: z.array(ruleSchema), roles: z.array(roleSchema)}));
  let [rules, roles] = [read?.rules ?? [], read?.roles ?? []];
  const save = (now: {rules?: AccessRule[]; roles?: Role[]}) => {
    rules = now.rules ?? rules;
    roles = now.roles ?? roles;
    writeRecord(file, {rules, roles});
  };
  return {
    rules: (collection) => rules.filter((one) => one.collection === collection),
    rule: (collection, id) => found(rules, collection, id, 'AccessRuleNotFound', 'access rule'),
    addRule(wanted) {
      if (rules.some((one) => isSame(one, wanted)))
        throw new TransferProblem(409, 'Exists', 'This folder is already shared with this identity');
      const made = {...wanted, id: randomUUID(), createdAt: Date.now()};
      save({rules: [...rules, made]});
      return made;
    },
    setRule(of, permissions) {
      save({rules: rules.filter((one) => !isSame(one, of))});
      if (permissions !== null) this.addRule({...of, permissions});
    },
    changeRule(collection, id, permissions) {
      const changed = this.rule(collection, id);
      save({rules: rules.map((one) => (one === changed ? {...one, permissions} : one))});
    },
    removeRule(collection, id) {
      const gone = this.rule(collection, id);
      save({rules: rules.filter((one) => one !== gone)});
    },
    roles: (collection) => roles.filter((one) => one.collection === collection),
    role: (collection, id) => found(roles, collection, id, 'RoleNotFound', 'role'),
    addRole(wanted) {
      const made = {...wanted, id: randomUUID()};
      save({roles: [...roles, made]});
      return made;
    },
    removeRole(collection, id) {
      const gone = this.role(collection, id);
      save({roles: roles.filter((one) => one !== gone)});
    },
    forget(collection) {
      const others = (one: {collection: string}) => one.collection !== collection;
      save({rules: rules.filter(others), roles: roles.filter(others)});
    },
  };
}

type Subject = Pick<AccessRule, 'collection' | 'principalType' | 'principal' | 'path'>;
const isSame = (one: Subject, other: Subject): boolean =>
  one.collection === other.collection &&
  one.principalType === other.principalType &&
  one.principal === other.principal &&
  one.path === other.path;

/** The codes of what is missing are not documented. */
function found<One extends {id: string; collection: string}>(
  all: readonly One[],
  collection: string,
  id: string,
  code: string,
  what: string,
): One {
  const one = all.find((each) => each.collection === collection && each.id === id.toLowerCase());
  if (!one) throw new TransferProblem(404, code, `No ${what} found with id '${id}'`);
  return one;
}

/** Source: `access` documents of globus-sdk-python 4.3 and of answers quoted by public clients. */
export const accessDocument = (rule: AccessRule): Record<string, unknown> => ({
  DATA_TYPE: 'access',
  id: rule.id,
  principal_type: rule.principalType,
  principal: rule.principal,
  path: rule.path,
  permissions: rule.permissions,
  role_id: null,
  role_type: null,
  create_time: taskTime(rule.createdAt),
  expiration_date: null,
});

export const roleDocument = (role: Role): Record<string, unknown> => ({
  DATA_TYPE: 'role',
  id: role.id,
  principal_type: role.principalType,
  principal: role.principal,
  role: role.role,
});
