import {TransferProblem} from '../http/problem.ts';
import type {Collection} from '../store/collections.ts';

/** What is done on a collection at once, as its errors call it. */
export type Operation = 'DirListing' | 'Mkdir' | 'Rename' | 'Symlink';

/** The last part of `ExternalError.…Failed.…`, by error of the file system and by code of task events. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'PermissionDenied',
  EPERM: 'PermissionDenied',
  EROFS: 'PermissionDenied',
  PERMISSION_DENIED: 'PermissionDenied',
  ACL_CHANGED: 'PermissionDenied',
  ENOTDIR: 'NotDirectory',
  NOT_A_DIRECTORY: 'NotDirectory',
  EEXIST: 'Exists',
  GC_NOT_CONNECTED: 'GCDisconnected',
  GC_PAUSED: 'GCDisconnected',
  CONNECT_FAILED: 'ConnectFailed',
  CONNECTION_BROKEN: 'ConnectFailed',
  CONNECTION_RESET: 'ConnectFailed',
  TIMEOUT: 'ConnectFailed',
  AUTH: 'LoginFailed',
  NO_CREDENTIALS: 'LoginFailed',
  INVALID_SERVICE_CREDENTIAL: 'LoginFailed',
  GSI_DN_MISMATCH: 'LoginFailed',
  LIMIT_EXCEEDED: 'SizeLimit',
};

/**
 * What Globus answers when it reached a collection, and the collection failed or refused.
 *
 * @param code errno name, or code of a task event
 * Source: Globus Transfer API, "Errors"; answers quoted in public bug reports.
 */
export function operationFailed(
  collection: Collection,
  operation: Operation,
  code: string,
  path: string,
  message: string,
): TransferProblem {
  const text = `'${path}': ${message}`;
  if (code === 'ENOENT' || code === 'FILE_NOT_FOUND') return new TransferProblem(404, 'ClientError.NotFound', text);
  const reason = REASONS[code];
  if (reason === undefined) return new TransferProblem(502, 'EndpointError', text);
  if (reason === 'Exists') {
    return new TransferProblem(502, `ExternalError.${operation}Failed.Exists`, `Path already exists: '${path}'`);
  }
  const said = reason === 'LoginFailed' ? loginFailed(collection) : text;
  return new TransferProblem(502, `ExternalError.${operation}Failed.${reason}`, said);
}

/**
 * How a gateway says that it wants another identity: lines that start with 530, apart by four characters `\r\n`.
 * Source: answers quoted in public bug reports; globus-sdk-python, docs of `to_gares`.
 */
function loginFailed({name, id, requires}: Collection): string {
  const domains = requires && requires.domains.length > 0 ? requires.domains : ['stage.local'];
  const result = {
    DATA_TYPE: 'result#1.0.0',
    code: 'permission_denied',
    authorization_parameters: {session_required_single_domain: domains},
    detail: {DATA_TYPE: 'not_from_allowed_domain#1.0.0', allowed_domains: domains},
    http_response_code: 403,
    message: 'None of your identities are from domains allowed by resource policies',
  };
  const lines = ['530-Login incorrect.', `530-GridFTP-JSON-Result: ${JSON.stringify(result)}`, '530 End.'];
  return `Error (login)\nEndpoint: ${name} (${id})\nMessage: Login Failed\n---\nDetails: ${lines.join('\\r\\n')}`;
}
