/** A scope with what it depends on: `A[*B C]` is A, with B optional. Source: globus-sdk-python 4.3, `ScopeParser`. */
export interface Scope {
  readonly name: string;
  readonly optional: boolean;
  readonly dependencies: readonly Scope[];
}

/**
 * Split a scope string, heeding brackets. Pure.
 *
 * @throws {RangeError} when brackets do not match or a scope has no name
 */
export function readScopes(text: string): Scope[] {
  const tokens = text.match(/[[\]*]|[^\s[\]*]+/g) ?? [];
  let at = 0;
  const list = (closing: boolean): Scope[] => {
    const found: Scope[] = [];
    for (; at < tokens.length && tokens[at] !== ']'; ) {
      const optional = tokens[at] === '*';
      if (optional) at++;
      const name = tokens[at++];
      if (name === undefined || /^[[\]*]$/.test(name)) throw new RangeError(`a scope without a name in "${text}"`);
      let dependencies: Scope[] = [];
      if (tokens[at] === '[') {
        at++;
        dependencies = list(true);
      }
      found.push({name, optional, dependencies});
    }
    if (closing ? tokens[at++] !== ']' : at < tokens.length) throw new RangeError(`brackets do not match in "${text}"`);
    return found;
  };
  return list(false);
}

export const AUTH_SERVER = 'auth.globus.org';
export const TRANSFER_SERVER = 'transfer.api.globus.org';
export const TRANSFER_SCOPE = 'urn:globus:auth:scope:transfer.api.globus.org:all';

const KNOWN_SERVERS: Readonly<Record<string, string>> = {'eec9b274-0c81-4334-bdc2-54e90e689b9a': 'flows.globus.org'};

/** The scope that lets a client use the data of a mapped collection on behalf of its user. */
export const dataAccessScope = (collection: string): string =>
  `https://auth.globus.org/scopes/${collection}/data_access`;

/**
 * The resource server that a scope is for; undefined for what Globus Auth calls an unknown scope.
 *
 * @param hasDataAccess whether a collection is a mapped one that asks for the consent: the scope exists for no other
 */
export function resourceServerOf(scope: string, hasDataAccess: (collection: string) => boolean): string | undefined {
  if (['openid', 'profile', 'email', 'offline_access'].includes(scope)) return AUTH_SERVER;
  const urn = /^urn:globus:auth:scope:([^:]+):[\w.-]+$/.exec(scope);
  if (urn) return urn[1];
  const url = /^https:\/\/auth\.globus\.org\/scopes\/([\w.-]+)\/[\w.-]+$/.exec(scope);
  if (!url?.[1] || (scope.endsWith('/data_access') && !hasDataAccess(url[1]))) return undefined;
  return KNOWN_SERVERS[url[1]] ?? url[1];
}

/** Every name in a scope, its dependencies included. */
export const namesIn = (scope: Scope): string[] => [scope.name, ...scope.dependencies.flatMap(namesIn)];
