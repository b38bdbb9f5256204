import {createHash} from 'node:crypto';
import {join} from 'node:path';
import {z} from 'zod';
import {readRecord, writeRecord} from '../../record.ts';
import {taskTime} from '../http/time.ts';
import type {Scope} from './scopes.ts';

/** Who calls: tasks belong to the identity, consents to the identity and the client together. */
export interface Caller {
  readonly identity: string;
  readonly client: string;
}

const kept = z.object({
  id: z.number(),
  identity: z.string(),
  client: z.string(),
  /** a scope, before it what depends on it, as ids of consents: `[A, B]` is B as A needs it */
  path: z.array(z.number()),
  scope: z.string(),
  optional: z.boolean(),
  createdAt: z.number(),
});
type Consent = z.output<typeof kept>;

/**
 * What identities have allowed clients. A consent belongs to the identity and the client, not to a token: one that was
 * given after a token holds for that token, too. Source: requests of globus-cli 3.41; Globus Auth API, "Consents".
 */
export interface Consents {
  /** Note that all these scopes, and what they depend on, are allowed. */
  grant(caller: Caller, scopes: readonly Scope[]): void;
  /** @param path scopes from the outermost inwards */
  has(caller: Caller, path: readonly string[]): boolean;
  /** What was allowed besides, for a scope to use: the scopes it depends on. */
  dependencies(caller: Caller, scope: string): string[];
  of(identity: string): Record<string, unknown>[];
}

/** @param root directory of the stand-in's state; `consents.json` lies in it */
export function openConsents(root: string): Consents {
  const file = join(root, 'consents.json');
  const all = readRecord(file, z.array(kept)) ?? [];
  const find = (caller: Caller, path: readonly number[], scope: string): Consent | undefined =>
    all.find(
      (one) =>
        one.identity === caller.identity &&
        one.client === caller.client &&
        one.scope === scope &&
        one.path.slice(0, -1).join() === path.join(),
    );
  const add = (caller: Caller, path: readonly number[], {name, optional, dependencies}: Scope): void => {
    let one = find(caller, path, name);
    if (!one) {
      const id = (all.at(-1)?.id ?? 0) + 1;
      one = {...caller, id, path: [...path, id], scope: name, optional, createdAt: Date.now()};
      all.push(one);
    }
    for (const dependency of dependencies) add(caller, one.path, dependency);
  };
  return {
    grant({identity, client}, scopes) {
      const before = all.length;
      for (const scope of scopes) add({identity, client}, [], scope);
      if (all.length > before) writeRecord(file, all);
    },
    has(caller, path) {
      let ids: readonly number[] = [];
      return path.every((scope) => {
        const one = find(caller, ids, scope);
        ids = one?.path ?? [];
        return one !== undefined;
      });
    },
    dependencies(caller, scope) {
      const outer = find(caller, [], scope);
      return outer
        ? all.filter((one) => one.path.length === 2 && one.path[0] === outer.id).map((one) => one.scope)
        : [];
    },
    of: (identity) => all.filter((one) => one.identity === identity).map(consentDocument),
  };
}

const consentDocument = (one: Consent): Record<string, unknown> => ({
  id: one.id,
  client: one.client,
  effective_identity: one.identity,
  scope: idOfScope(one.scope),
  scope_name: one.scope,
  dependency_path: one.path,
  status: 'approved',
  created: taskTime(one.createdAt),
  updated: taskTime(one.createdAt),
  last_used: taskTime(one.createdAt),
  allows_refresh: true,
  auto_approved: false,
  atomically_revocable: one.optional,
});

/** Scopes have ids of their own; ours are made from their names. */
function idOfScope(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
