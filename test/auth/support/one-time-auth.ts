import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {setTimeout as pause} from 'node:timers/promises';
import {onTestFinished} from 'vitest';
import {taskDocument, taskId, taskList} from '../../transfer/documents.ts';

export interface OneTimeAuth {
  readonly url: string;
  /** refresh tokens in the order in which they came */
  readonly refreshes: string[];
  /** the refresh token that is good for the next use */
  next(): string;
  /** drop the answers of the coming refreshes, after the refresh token was used up */
  loseAnswers(lose: boolean): void;
}

interface Settings {
  /** how long an answer takes: others come meanwhile */
  readonly answerMs?: number;
  /** give no refresh token with the answer, and let the old one be used again, one at a time */
  readonly keepsOld?: boolean;
}

/**
 * Auth and Transfer of a strict service: each refresh token may be used once, and coming while it is in flight or
 * after counts as theft. Access tokens are good for what Transfer they are shown to while they are the last one.
 */
export async function oneTimeAuth({answerMs = 300, keepsOld = false}: Settings = {}): Promise<OneTimeAuth> {
  const refreshes: string[] = [];
  let good = 'REFRESH-0';
  let inFlight = false;
  let losing = false;
  let access = 'ACCESS-0';

  async function refresh(form: URLSearchParams, response: ServerResponse): Promise<void> {
    const token = form.get('refresh_token') ?? '';
    refreshes.push(token);
    if (token !== good || inFlight)
      return answer(response, 400, {error: 'invalid_grant', error_description: 'this token was used before'});
    inFlight = true;
    await pause(answerMs);
    inFlight = false;
    if (!keepsOld) good = `REFRESH-${refreshes.length}`;
    if (losing) return void response.socket?.destroy();
    access = `ACCESS-${refreshes.length}`;
    answer(response, 200, {
      access_token: access,
      expires_in: 172_800,
      scope: 's',
      token_type: 'Bearer',
      resource_server: 'transfer.api.globus.org',
      other_tokens: [],
      ...(keepsOld ? {} : {refresh_token: good}),
    });
  }

  const server = createServer(async (request, response) => {
    const {pathname} = new URL(request.url ?? '/', 'http://service');
    if (pathname === '/v2/oauth2/token') return refresh(new URLSearchParams(await bodyOf(request)), response);
    if (request.headers.authorization !== `Bearer ${access}`)
      return answer(response, 401, {code: 'AuthenticationFailed', message: 'no'});
    if (pathname === '/v0.10/task_list')
      return answer(response, 200, taskList(taskDocument({task_id: taskId(1), status: 'SUCCEEDED'})));
    answer(response, 404, {code: 'ClientError.NotFound', message: 'nothing'});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, // a TCP server has such an address
    refreshes,
    next: () => good,
    loseAnswers: (lose) => {
      losing = lose;
    },
  };
}

function answer(response: ServerResponse, status: number, document: unknown): void {
  response.writeHead(status, {'content-type': 'application/json'});
  response.end(JSON.stringify(document));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer); // no encoding is set, so these are buffers
  return Buffer.concat(parts).toString();
}
