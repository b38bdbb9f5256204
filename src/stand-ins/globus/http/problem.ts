/** What some refusals carry beside code and message. */
export interface ProblemExtras {
  /** further fields of the body */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A refusal in the words of Globus Transfer. The server turns it into `{code, message, request_id, resource}`.
 *
 * Codes and HTTP statuses: Globus Transfer API, "Errors", and the fixtures of globus-sdk-python 4.3.
 */
export class TransferProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly extras: ProblemExtras;
  constructor(status: number, code: string, message: string, extras: ProblemExtras = {}) {
    super(message);
    this.name = 'TransferProblem';
    this.status = status;
    this.code = code;
    this.extras = extras;
  }
}

/** A refusal in the words of Globus Auth: OAuth ones carry `error`, the others the list `errors`. */
export class AuthProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly kind: 'oauth' | 'api';
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    status: number,
    kind: 'oauth' | 'api',
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'AuthProblem';
    this.headers = headers;
    this.status = status;
    this.kind = kind;
    this.code = code;
  }
}

export const badRequest = (message: string): TransferProblem =>
  new TransferProblem(400, 'ClientError.BadRequest', message);
export const noItems = (): TransferProblem =>
  new TransferProblem(400, 'ClientError.BadRequest.NoTransferItems', 'A transfer requires at least one item');
export const notSignedIn = (message: string): TransferProblem =>
  new TransferProblem(401, 'AuthenticationFailed', message);
export const taskNotFound = (id: string): TransferProblem =>
  new TransferProblem(404, 'ClientError.NotFound', `No task found with id '${id}'`);
export const collectionNotFound = (id: string): TransferProblem =>
  new TransferProblem(404, 'EndpointNotFound', `No such endpoint '${id}'`);
export const collectionDeleted = (id: string): TransferProblem =>
  new TransferProblem(404, 'EndpointDeleted', `Endpoint '${id}' has been deleted`);
export const bookmarkNotFound = (id: string): TransferProblem =>
  new TransferProblem(404, 'BookmarkNotFound', `No bookmark found with id '${id}'`);
/**
 * As many tasks are pending as a user may have. Its code as public clients of the service know it, such as a pipeline on
 * globus-sdk 4 that tries again later on it; the documentation names none.
 */
export const tooManyPending = (most: number): TransferProblem =>
  new TransferProblem(
    409,
    'ClientError.Conflict.TooManyPendingJobs',
    `You have reached the limit of ${most} pending tasks: wait until one of them has completed`,
  );
export const conflict = (message: string): TransferProblem => new TransferProblem(409, 'Conflict', message);

export const oauthProblem = (error: string, message: string, status = 400): AuthProblem =>
  new AuthProblem(status, 'oauth', error, message);
export const unauthorized = (message: string): AuthProblem => new AuthProblem(401, 'api', 'UNAUTHORIZED', message);
