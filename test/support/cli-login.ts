import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';

/** What `globus login` leaves in a home directory, with one access token for Transfer. Source: globus-cli 3.41. */
export function writeCliLogin(home: string, token: string, namespace = 'userprofile/production'): void {
  const directory = join(home, '.globus', 'cli');
  mkdirSync(directory, {recursive: true, mode: 0o700});
  const file = join(directory, 'storage.db');
  writeFileSync(file, '', {mode: 0o600});
  const database = new DatabaseSync(file);
  database.exec('CREATE TABLE token_storage(namespace TEXT, resource_server TEXT, token_data_json TEXT)');
  database.exec('CREATE TABLE config_storage(namespace TEXT, config_name TEXT, config_data_json TEXT)');
  const ofTransfer = {access_token: token, expires_at_seconds: Math.floor(Date.now() / 1000) + 172_800};
  database
    .prepare('INSERT INTO token_storage VALUES (?, ?, ?)')
    .run(namespace, 'transfer.api.globus.org', JSON.stringify(ofTransfer));
  const client = {client_id: 'the-cli', client_secret: 'SECRET-OF-THE-CLI'};
  database
    .prepare('INSERT INTO config_storage VALUES (?, ?, ?)')
    .run(namespace, 'auth_client_data', JSON.stringify(client));
  database.close();
}
