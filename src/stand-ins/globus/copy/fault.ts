/** Error codes of task events. Source: Globus Transfer API, "Task events". */
export const FAULT_CODES = [
  'ACL_CHANGED',
  'AMBIGUOUS_PATH',
  'AUTH',
  'CLOCK',
  'CONNECT_FAILED',
  'CONNECTION_BROKEN',
  'CONNECTION_RESET',
  'ENDPOINT_ERROR',
  'ENDPOINT_TOO_BUSY',
  'FILE_NOT_FOUND',
  'FILE_SIZE_CHANGED',
  'GC_NOT_CONNECTED',
  'GC_PAUSED',
  'GSI_DN_MISMATCH',
  'INTERNAL_ERROR',
  'INVALID_PATH_NAME',
  'INVALID_SERVICE_CREDENTIAL',
  'INVALID_SYMLINK',
  'IS_A_DIRECTORY',
  'IS_A_FILE',
  'LIMIT_EXCEEDED',
  'MPU_NOT_FOUND',
  'NO_APPEND_FILESYSTEM',
  'NO_CREDENTIALS',
  'NO_PHYSICALS',
  'NO_SPACE_LEFT',
  'NOT_A_DIRECTORY',
  'NOT_A_FILE',
  'NOT_A_SYMLINK',
  'PERMISSION_DENIED',
  'QUOTA_EXCEEDED',
  'TIMEOUT',
  'UNKNOWN',
  'VERIFY_CHECKSUM',
] as const;

/**
 * Something that went wrong with one file or directory of a task, in the event codes of Globus.
 *
 * A fault does not end a transfer: it is written down and tried again. Source: Globus Transfer API, "Task events".
 */
export class Fault extends Error {
  readonly code: string;
  readonly side: Side;
  readonly path: string;
  constructor(code: string, side: Side, path: string, message: string) {
    super(message);
    this.name = 'Fault';
    this.code = code;
    this.side = side;
    this.path = path;
  }
}

/** What the rules of a guest collection do not allow. */
export const notAllowed = (side: Side, path: string): Fault =>
  new Fault('PERMISSION_DENIED', side, path, 'the access rules of the collection do not allow it');

/** Ends the task at once: trying again would not help. */
export class FatalFault extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

export type Side = 'source' | 'destination';

const CODES: Readonly<Record<string, string>> = {
  ENOENT: 'FILE_NOT_FOUND',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  EROFS: 'PERMISSION_DENIED',
  ENOTDIR: 'NOT_A_DIRECTORY',
  EISDIR: 'IS_A_DIRECTORY',
  ENOTEMPTY: 'IS_A_DIRECTORY',
  EEXIST: 'IS_A_FILE',
  ELOOP: 'INVALID_SYMLINK',
  ENAMETOOLONG: 'INVALID_PATH_NAME',
  EINVAL: 'INVALID_PATH_NAME',
  ENOSPC: 'NO_SPACE_LEFT',
  EDQUOT: 'QUOTA_EXCEEDED',
};

/** What a failed file system call means to Globus. A fault passes through unchanged. */
export function asFault(error: unknown, side: Side, path: string): Fault {
  if (error instanceof Fault) return error;
  const code = systemCode(error);
  const message = error instanceof Error ? error.message : String(error);
  return new Fault((code && CODES[code]) || 'ENDPOINT_ERROR', side, path, message.replace(/ '.*$/s, ''));
}

/** The errno name of a failed file system call, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The words Globus shows for a code: "file not found" for FILE_NOT_FOUND. */
export const codeInWords = (code: string): string => code.toLowerCase().replaceAll('_', ' ');

/** Source errors that `skip_source_errors` lets a task pass over. Source: Globus Transfer API, "Transfer document". */
export const isSkippable = (fault: Fault): boolean =>
  fault.side === 'source' && ['FILE_NOT_FOUND', 'PERMISSION_DENIED', 'AMBIGUOUS_PATH'].includes(fault.code);
