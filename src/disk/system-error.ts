import {constants} from 'node:os';
import {EXIT, StageError} from '../errors.ts';

/**
 * What the operating system says of disks and files, which is not a defect of stage.
 *
 * @returns undefined for anything else that was thrown
 */
export function ofTheSystem(thrown: unknown): StageError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const {code, errno, path, syscall} = thrown as NodeJS.ErrnoException;
  if (OF_THE_NETWORK.has(syscall ?? '')) return undefined;
  const name = code !== undefined && code in REASONS ? code : nameOf(errno);
  const found = REASONS[name ?? ''];
  if (!found) return undefined;
  const [reason, fix] = found;
  return new StageError({
    code: `SYSTEM_${name}`,
    exit: EXIT.unreachable,
    what: `${reason}${path ? `: ${path}` : ''}`,
    why: `the operating system answered ${name}${syscall ? ` to ${syscall}` : ''}`,
    next: [
      ...(fix ? [fix] : []),
      'What was recorded before this is intact: fix the cause, then run the same command again.',
    ],
    cause: thrown,
  });
}

const OF_THE_NETWORK = new Set(['connect', 'getaddrinfo', 'bind', 'listen', 'accept']);

/** Node.js has no name for EDQUOT and ESTALE (`Unknown system error -122`); the operating system's table has. */
function nameOf(errno: number | undefined): string | undefined {
  return Object.entries(constants.errno).find(([, number]) => number === -(errno ?? 0))?.[0];
}

const AWAY = 'Check whether its file system is mounted and responds: df PATH; another host may still see it.';

const REASONS: Readonly<Record<string, readonly [reason: string, fix?: string]>> = {
  ENOSPC: ['no space is left on the disk', 'See how full it is, blocks and inodes: df -h PATH; df -i PATH'],
  EDQUOT: ['the disk quota is used up', 'See what is used: quota -s, or your site’s command for it.'],
  EROFS: ['the file system is read-only'],
  EACCES: ['permission was denied'],
  EPERM: ['the operation is not permitted'],
  EIO: ['the disk reported an error', AWAY],
  ESTALE: ['the file system is no longer available (stale handle)', AWAY],
  ETIMEDOUT: ['the file system does not answer', AWAY],
  ENOTCONN: ['the file system is not connected', AWAY],
  ESHUTDOWN: ['the file system was shut down', AWAY],
  EHOSTDOWN: ['the file server is down', AWAY],
  EREMOTEIO: ['the file server reported an error', AWAY],
  ENODEV: ['the disk is gone', AWAY],
  ENXIO: ['the disk is gone', AWAY],
  EFBIG: ['a file would become larger than is allowed', 'See the limit: ulimit -f'],
  EMLINK: ['a directory or file has too many links'],
  EMFILE: ['too many files are open'],
  ENFILE: ['too many files are open on this host'],
  ENOMEM: ['no memory is left'],
  ELOOP: ['the path has a loop of symbolic links'],
  ENAMETOOLONG: ['the path is too long'],
  ENOENT: ['a file or directory that must be there is missing, or cannot be made'],
  ENOTDIR: ['a part of the path is not a directory'],
  EEXIST: ['something that is not a directory is in the way, such as a symbolic link that leads nowhere'],
};

/** What a disk answers that takes nothing more, and can still be read. */
const TAKES_NOTHING = new Set(['SYSTEM_ENOSPC', 'SYSTEM_EDQUOT', 'SYSTEM_EROFS']);

/** The refusal of a disk that is full or read-only, as an error for people. @returns undefined for anything else that was thrown */
export function refusedWrite(thrown: unknown): StageError | undefined {
  const error = ofTheSystem(thrown);
  return error && TAKES_NOTHING.has(error.code) ? error : undefined;
}
