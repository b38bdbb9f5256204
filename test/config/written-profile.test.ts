import {expect, test} from 'vitest';
import {stringify} from 'yaml';
import {localProfile} from '../../src/config/profile.ts';
import {readConfig} from '../../src/config/read-config.ts';
import {writtenProfile} from '../../src/config/written-profile.ts';

const FULL = `
profiles:
  site:
    scheduler: {kind: pbs, bin: /opt/pbs/bin, timeout: 90s, commands_per_second: 4, burst: 9}
    transfer:
      auth_url: "https://auth.example.org"
      sign_in: client
      client_id: 08925f04-569f-11e7-bef8-22000b9a448b
      token_store: keyring
      credentials: /home/ann/globus.json
      scopes: [a, b]
      notify: [failed, inactive]
    account: climate
    compute: {queue: prod, project: p, resources: {filesystems: "home:eagle"}, walltime: "01:00:00", extra: [-r, y]}
    staging: {queue: debug, network: false, node_property: dtn}
    setup: module load node
    proxy: {http: "http://p:1", https: "http://p:2", no_proxy: "a,b"}
    strategy: wait
    wait_walltime: "24:00:00"
    max_queued: 7
    transfers: {max_pending: 8}
    paths: [{cluster: /lus, collection: eagle, path: /}]
    monitor: {min: 1m, max: 1h}
    collections: {eagle: 08925f04-569f-11e7-bef8-22000b9a448b}
    lost_after: 0.5s
    keep: {runs: 30d}
`;

test.each([
  ['that says all there is', FULL, 'site'],
  ['that says nothing', 'profiles: {bare: {}}', 'bare'],
])('a profile %s, as it is shown, is taken by the file and is the same profile', (_, source, name) => {
  const profile = readConfig(source, 'config.yaml').profiles.get(name);
  if (!profile) throw new Error(`no profile ${name}`);
  const again = readConfig(stringify({profiles: {[name]: writtenProfile(profile)}}), 'again.yaml');
  expect(again.profiles.get(name)).toEqual(profile);
});

test('the built-in profile can be shown, too', () => {
  const text = stringify({profiles: {local: writtenProfile(localProfile())}});
  expect(readConfig(text, 'again.yaml').profiles.get('local')).toEqual(localProfile());
});
