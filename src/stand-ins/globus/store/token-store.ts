import {createHash, randomBytes} from 'node:crypto';
import {join} from 'node:path';
import {z} from 'zod';
import {readRecord, writeRecord} from '../../record.ts';

const grantSchema = z.object({
  kind: z.enum(['access', 'refresh', 'code']),
  identity: z.string(),
  client: z.string(),
  scopes: z.array(z.string()),
  resourceServer: z.string(),
  issuedAt: z.number(),
  expiresAt: z.number(),
  /** of an authorization code: what must come back with it */
  redirectUri: z.string().optional(),
  challenge: z.string().optional(),
  state: z.string().optional(),
  offline: z.boolean().optional(),
});
/** What a token stands for. The token itself is known to its holder alone. */
export type Grant = z.output<typeof grantSchema>;

export interface TokenStore {
  /** @returns the new token; only its hash is kept */
  issue(grant: Omit<Grant, 'issuedAt'>): string;
  /** @returns undefined for a token that is unknown, expired or revoked */
  find(token: string, kind?: Grant['kind']): Grant | undefined;
  /** Using a refresh token renews it: it lapses after six months unused. */
  prolong(token: string, expiresAt: number): void;
  revoke(token: string): void;
  /** no access token issued so far is good any more; refresh tokens are */
  revokeAccess(): void;
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** @param root directory of the stand-in's state; `tokens.json` lies in it */
export function openTokenStore(root: string): TokenStore {
  const file = join(root, 'tokens.json');
  const kept = new Map(Object.entries(readRecord(file, z.record(z.string(), grantSchema)) ?? {}));
  const save = () => {
    for (const [hash, grant] of kept) if (grant.expiresAt <= Date.now()) kept.delete(hash);
    writeRecord(file, Object.fromEntries(kept));
  };
  return {
    issue(grant) {
      const token = randomBytes(grant.kind === 'code' ? 24 : 48).toString('base64url');
      kept.set(hashOf(token), {...grant, issuedAt: Date.now()});
      save();
      return token;
    },
    find(token, kind) {
      const grant = kept.get(hashOf(token));
      return grant && grant.expiresAt > Date.now() && (!kind || grant.kind === kind) ? grant : undefined;
    },
    prolong(token, expiresAt) {
      const grant = kept.get(hashOf(token));
      if (!grant) return;
      kept.set(hashOf(token), {...grant, expiresAt});
      save();
    },
    revoke(token) {
      if (kept.delete(hashOf(token))) save();
    },
    revokeAccess() {
      for (const [hash, {kind}] of kept) if (kind === 'access') kept.delete(hash);
      save();
    },
  };
}
