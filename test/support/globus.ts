import {readFileSync} from 'node:fs';

/** A task as `task_list` shows it, as far as tests read it. */
export interface TaskDocument {
  readonly task_id: string;
  readonly status: string;
  readonly label: string | null;
  readonly files_transferred: number;
  readonly source_endpoint_id: string;
}

export interface GlobusClient {
  readonly token: string;
  tasks(): Promise<TaskDocument[]>;
  cancel(task: string): Promise<void>;
  /** give a task another deadline */
  expireAt(task: string, instant: Date): Promise<void>;
  /** start a transfer of one directory, as any program may; @returns its task id */
  transfer(from: {collection: string; path: string}, to: {collection: string; path: string}): Promise<string>;
}

/** Sign in at the stand-in as any client would: client credentials, then the Transfer API. */
export async function globusOf(url: string, credentialsFile: string): Promise<GlobusClient> {
  const credentials = JSON.parse(readFileSync(credentialsFile, 'utf8')) as {client_id: string; client_secret: string};
  const basic = Buffer.from(`${credentials.client_id}:${credentials.client_secret}`).toString('base64');
  const signedIn = await fetch(new URL('/v2/oauth2/token', url), {
    method: 'POST',
    headers: {authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded'},
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'urn:globus:auth:scope:transfer.api.globus.org:all',
    }).toString(),
  });
  const {access_token: token} = (await signedIn.json()) as {access_token: string};
  const call = async (method: string, path: string, document?: object) => {
    const answer = await fetch(new URL(`/v0.10/${path}`, url), {
      method,
      headers: {authorization: `Bearer ${token}`, 'content-type': 'application/json'},
      ...(document ? {body: JSON.stringify(document)} : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as {DATA: TaskDocument[]; value: string; task_id: string};
  };
  return {
    token,
    tasks: async () => (await call('GET', 'task_list?limit=1000')).DATA,
    cancel: async (task) => {
      await call('POST', `task/${task}/cancel`);
    },
    expireAt: async (task, instant) => {
      await call('PUT', `task/${task}`, {DATA_TYPE: 'task', deadline: instant.toISOString()});
    },
    async transfer(from, to) {
      const {value: submission_id} = await call('GET', 'submission_id');
      const item = {
        DATA_TYPE: 'transfer_item',
        source_path: from.path,
        destination_path: to.path,
        recursive: true,
      };
      const document = {
        DATA_TYPE: 'transfer',
        submission_id,
        label: 'by hand',
        source_endpoint: from.collection,
        destination_endpoint: to.collection,
        DATA: [item],
      };
      return (await call('POST', 'transfer', document)).task_id;
    },
  };
}
