#!/usr/bin/env node
// The few commands of the Globus CLI that the wrappers of this directory use, with its flags and its output.
// Signs in as the CLI does with GLOBUS_CLI_CLIENT_ID and GLOBUS_CLI_CLIENT_SECRET; services by GLOBUS_SDK_SERVICE_URL_*.
import {parseArgs} from 'node:util';

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    recursive: {type: 'boolean', short: 'r'},
    label: {type: 'string'},
    jmespath: {type: 'string'},
    format: {type: 'string', short: 'F'},
    timeout: {type: 'string'},
    'polling-interval': {type: 'string'},
  },
});
const {env} = process;
const auth = env.GLOBUS_SDK_SERVICE_URL_AUTH ?? 'https://auth.globus.org/';
const transfer = env.GLOBUS_SDK_SERVICE_URL_TRANSFER ?? 'https://transfer.api.globus.org/';

async function token() {
  const basic = Buffer.from(`${env.GLOBUS_CLI_CLIENT_ID}:${env.GLOBUS_CLI_CLIENT_SECRET}`).toString('base64');
  const answer = await fetch(`${auth}v2/oauth2/token`, {
    method: 'POST',
    headers: {authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded'},
    body: 'grant_type=client_credentials&scope=urn:globus:auth:scope:transfer.api.globus.org:all',
  });
  if (!answer.ok) throw new Error(`MissingLoginError: HTTP ${answer.status}`);
  return (await answer.json()).access_token;
}

const bearer = `Bearer ${await token()}`;
async function ask(path, body) {
  const answer = await fetch(`${transfer}v0.10/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {authorization: bearer, ...(body === undefined ? {} : {'content-type': 'application/json'})},
    ...(body === undefined ? {} : {body: JSON.stringify(body)}),
  });
  const document = await answer.json();
  if (!answer.ok) {
    process.stderr.write(`The resource you are trying to reach said: ${document.code}: ${document.message}\n`);
    process.exit(1);
  }
  return document;
}

const show = (document) => process.stdout.write(`${document[values.jmespath] ?? JSON.stringify(document)}\n`);
const place = (text) => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
const [command, ...rest] = positionals;
if (command === 'transfer') {
  const [source, from] = place(rest[0]);
  const [destination, to] = place(rest[1]);
  const {value} = await ask('submission_id');
  show(
    await ask('transfer', {
      DATA_TYPE: 'transfer',
      submission_id: value,
      source_endpoint: source,
      destination_endpoint: destination,
      ...(values.label ? {label: values.label} : {}),
      verify_checksum: true,
      DATA: [
        {DATA_TYPE: 'transfer_item', source_path: from, destination_path: to, recursive: values.recursive ?? false},
      ],
    }),
  );
} else if (command === 'task' && rest[0] === 'show') show(await ask(`task/${rest[1]}`));
else if (command === 'task' && rest[0] === 'wait') {
  const until = Date.now() + Number(values.timeout ?? 600) * 1000;
  for (;;) {
    const {status} = await ask(`task/${rest[1]}`);
    if (status !== 'ACTIVE') process.exit(status === 'SUCCEEDED' ? 0 : 1);
    if (Date.now() > until) process.exit(1);
    await new Promise((resolve) => setTimeout(resolve, Number(values['polling-interval'] ?? 1) * 1000));
  }
} else {
  process.stderr.write(`globus: no such command here: ${positionals.join(' ')}\n`);
  process.exit(2);
}
