import {createPrivateKey, createPublicKey, createSign, generateKeyPairSync} from 'node:crypto';
import {join} from 'node:path';
import {z} from 'zod';
import {readJsonFile, writeJsonFile} from '../store/atomic-file.ts';

/** Signs the id tokens of logins. Globus signs them with RS512. Source: globus-sdk-python 4.3, `decode_id_token`. */
export interface IdTokenSigner {
  sign(claims: Record<string, unknown>): string;
  /** the JWK set that verifies them */
  keys(): Record<string, unknown>;
}

/** @param root directory of the stand-in's state; the key is made when it is first needed */
export function openIdTokenSigner(root: string): IdTokenSigner {
  const file = join(root, 'id-token-key.json');
  const key = () => {
    const kept = z.object({pem: z.string()}).safeParse(readJsonFile(file)).data;
    if (kept) return createPrivateKey(kept.pem);
    const made = generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey;
    writeJsonFile(file, {pem: made.export({type: 'pkcs8', format: 'pem'})});
    return made;
  };
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    sign(claims) {
      const text = `${encode({alg: 'RS512', typ: 'JWT', kid: 'local'})}.${encode(claims)}`;
      return `${text}.${createSign('RSA-SHA512').update(text).sign(key(), 'base64url')}`;
    },
    keys: () => ({keys: [{...createPublicKey(key()).export({format: 'jwk'}), alg: 'RS512', use: 'sig', kid: 'local'}]}),
  };
}
