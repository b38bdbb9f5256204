import type {Collection} from './collections.ts';
import {TransferProblem} from './problem.ts';

/**
 * Refuse what needs a collection whose credential has lapsed: a session that does not satisfy its policy, which only a
 * new sign-in mends. Source: Globus Transfer API, `AuthPolicyFailed`; globus-cli 3.41 turns it into "globus session update".
 *
 * @param caller the identity that has to sign in again
 * @throws {TransferProblem} 403
 */
export function requireCredential(collection: Collection, caller: string): void {
  if (!collection.expired) return;
  const message = `The credential for collection '${collection.name}' has expired`;
  throw new TransferProblem(403, 'AuthPolicyFailed', message, {
    fields: {
      authorization_parameters: {
        session_message: `${message}: sign in again to use it`,
        session_required_identities: [caller],
      },
    },
  });
}
