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
  const call = async (method: string, path: string) => {
    const answer = await fetch(new URL(`/v0.10/${path}`, url), {method, headers: {authorization: `Bearer ${token}`}});
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as {DATA: TaskDocument[]};
  };
  return {
    token,
    tasks: async () => (await call('GET', 'task_list?limit=1000')).DATA,
    cancel: async (task) => {
      await call('POST', `task/${task}/cancel`);
    },
  };
}
