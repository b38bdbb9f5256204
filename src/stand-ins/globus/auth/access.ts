import {TransferProblem} from '../http/problem.ts';
import type {Collection} from '../store/collections.ts';
import type {Permissions} from '../store/permissions.ts';
import type {Caller, Consents} from './consents.ts';
import {isShownTo} from './guest-access.ts';
import type {Identities} from './identities.ts';
import type {Login, Logins} from './logins.ts';
import {asksForSession} from './requirements.ts';
import {dataAccessScope, TRANSFER_SCOPE} from './scopes.ts';

/** What decides whether a caller may use a collection. */
export interface AccessRules {
  readonly consents: Consents;
  readonly logins: Logins;
  readonly identities: Identities;
  readonly permissions: Permissions;
}

/**
 * Refuse what needs collections that ask for something the caller has not done. Consents come first, and all of them at
 * once; only a new sign-in renews a session.
 *
 * @throws {TransferProblem} 403 `PermissionDenied`, `ConsentRequired` or `AuthPolicyFailed`, with what the caller has to do
 */
export function requireAccess(rules: AccessRules, collections: readonly Collection[], caller: Caller): void {
  for (const one of collections) requireShown(rules, one, caller);
  const lacking = collections
    .filter((one) => one.requires?.consent)
    .map((one) => dataAccessScope(one.id))
    .filter((scope) => !rules.consents.has(caller, [TRANSFER_SCOPE, scope]));
  if (lacking.length > 0) throw consentRequired(lacking);
  for (const collection of collections) {
    if (hasLapsed(collection, caller.identity, rules.logins)) throw lapsed(collection, caller);
    const session = sessionLacks(collection, caller, rules);
    if (session) throw session;
  }
}

/** @throws {TransferProblem} 403 for a caller to whom the collection is not even shown */
export function requireShown(rules: AccessRules, collection: Collection, caller: Caller): void {
  if (isShownTo(rules, collection, caller.identity)) return;
  throw new TransferProblem(403, 'PermissionDenied', `You do not have permission to use endpoint '${collection.id}'`);
}

/** Both collections of a transfer go in one bracket. Source: globus-cli 3.41. */
function consentRequired(scopes: readonly string[]): TransferProblem {
  const required = [`${TRANSFER_SCOPE}[${[...new Set(scopes)].map((scope) => `*${scope}`).join(' ')}]`];
  return new TransferProblem(403, 'ConsentRequired', `Missing required data_access consent: ${required[0]}`, {
    fields: {required_scopes: required, authorization_parameters: {required_scopes: required}},
  });
}

/** Whether the credential with which the service acts there has lapsed, and its user has not signed in again since. */
export function hasLapsed(collection: Collection, identity: string, logins: Logins): boolean {
  if (!collection.expired) return false;
  const since = Date.parse(collection.expired.since);
  return !logins.of(identity).some((login) => login.at >= since);
}

function lapsed(collection: Collection, caller: Caller): TransferProblem {
  const message = `The credential for collection '${collection.name}' has expired`;
  return policyFailed(message, {
    session_message: `${message}: sign in again to use it (here: stage local renew ${collection.name})`,
    session_required_identities: [caller.identity],
  });
}

function sessionLacks({name, requires}: Collection, caller: Caller, rules: AccessRules): TransferProblem | undefined {
  if (!requires || !asksForSession(requires)) return undefined;
  const logins = rules.logins.of(caller.identity).filter((login) => login.at >= requires.since);
  const domainOf = (login: Login) => rules.identities.get(login.as)?.username.split('@')[1] ?? '';
  const satisfied = logins.some(
    (login) =>
      (requires.domains.length === 0 || requires.domains.includes(domainOf(login))) &&
      requires.policies.every((policy) => login.policies.includes(policy)) &&
      (!requires.mfa || login.mfa),
  );
  if (satisfied) return undefined;
  return policyFailed(`The session does not satisfy the authentication policy of collection '${name}'`, {
    session_message: `Collection '${name}' asks for another sign-in`,
    ...(requires.domains.length > 0 ? {session_required_single_domain: requires.domains} : {}),
    ...(requires.policies.length > 0 ? {session_required_policies: requires.policies} : {}),
    ...(requires.mfa ? {session_required_mfa: true} : {}),
  });
}

const policyFailed = (message: string, parameters: Record<string, unknown>): TransferProblem =>
  new TransferProblem(403, 'AuthPolicyFailed', message, {fields: {authorization_parameters: parameters}});
