import {createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject} from 'node:crypto';
import {join} from 'node:path';
import {exportJWK, type JWTPayload, SignJWT} from 'jose';
import {z} from 'zod';
import {readRecord, writeRecord} from '../../record.ts';

/** Signs the id tokens of logins. Globus signs them with RS512. Source: globus-sdk-python 4.3, `decode_id_token`. */
export interface IdTokenSigner {
  sign(claims: JWTPayload): Promise<string>;
  /** the JWK set that verifies them */
  keys(): Promise<Record<string, unknown>>;
}

const ALGORITHM = 'RS512';
const KEY_ID = 'local';

const kept = z.object({pem: z.string().refine(isKey, 'not a private key')});

function isKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}

/** @param root directory of the stand-in's state; the key is made when it is first needed */
export function openIdTokenSigner(root: string): IdTokenSigner {
  const file = join(root, 'id-token-key.json');
  const key = (): KeyObject => {
    const found = readRecord(file, kept);
    if (found) return createPrivateKey(found.pem);
    const made = generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey;
    writeRecord(file, {pem: made.export({type: 'pkcs8', format: 'pem'})});
    return made;
  };
  readRecord(file, kept);
  return {
    sign: (claims) => new SignJWT(claims).setProtectedHeader({alg: ALGORITHM, typ: 'JWT', kid: KEY_ID}).sign(key()),
    keys: async () => ({
      keys: [{...(await exportJWK(createPublicKey(key()))), alg: ALGORITHM, use: 'sig', kid: KEY_ID}],
    }),
  };
}
