import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export interface PrivateCa {
  /** its own certificate */
  readonly file: string;
  /** of a service of that name, which it vouches for */
  readonly service: {readonly key: Buffer; readonly cert: Buffer};
  remove(): void;
}

/** An authority that nobody knows yet, such as sites have. */
export function privateCa(name: string): PrivateCa {
  const cwd = mkdtempSync(join(tmpdir(), 'stage-ca-'));
  const openssl = (...argv: string[]) => execFileSync('openssl', argv, {cwd, stdio: 'pipe'});
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Site CA');
  openssl('req', ...key, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', `/CN=${name}`);
  writeFileSync(join(cwd, 'names'), `subjectAltName=DNS:${name}`);
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'request.pem', '-out', 'cert.pem', ...signed);
  return {
    file: join(cwd, 'ca.pem'),
    service: {key: readFileSync(join(cwd, 'key.pem')), cert: readFileSync(join(cwd, 'cert.pem'))},
    remove: () => rmSync(cwd, {recursive: true, force: true}),
  };
}
