import {TransferUnreachable} from '../globus-errors.ts';
import {askAuth, inWords} from './auth-http.ts';
import type {ClientCredentials} from './credentials.ts';

/**
 * Withdraw a token at Globus Auth. One that is not known there is withdrawn already.
 *
 * @param client a native app says its id only; a confidential one proves itself
 * @throws {TransferUnreachable} when it is not known to be withdrawn
 */
export async function revokeToken(authUrl: string, token: string, client: string | ClientCredentials): Promise<void> {
  const native = typeof client === 'string';
  const question = {
    authUrl,
    path: 'v2/oauth2/token/revoke',
    form: {token, ...(native ? {client_id: client} : {})},
    ...(native ? {} : {basic: client}),
  };
  const {status} = await askAuth(question);
  if (status >= 300) throw new TransferUnreachable(inWords(question), `Globus Auth answered with HTTP ${status}`);
}
