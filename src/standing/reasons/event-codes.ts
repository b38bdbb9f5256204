/** What a code of a task's events means to a person, and what they can do. */
export interface CodeMeaning {
  /** the phrase behind "Globus cannot go on: " */
  readonly means: string;
  /** `{path}`, `{place}` and `{collection}` are filled in */
  readonly next: readonly string[];
  /** it does not go away without a person */
  readonly person?: true;
}

const RETRIES = 'Globus tries again by itself; there is nothing to do but wait.';
const OWNER = 'If it lasts, tell the owner of {collection}.';
const PATHS = 'Correct the path in the workflow and start again: stage cancel {run}, then stage run.';
const SIGN_IN =
  'Sign in again, then the task continues by itself: open {collection} in https://app.globus.org/file-manager';

const away = (means: string): CodeMeaning => ({means, next: [RETRIES, OWNER]});
const wrongKind = (means: string): CodeMeaning => ({means, next: [`See what is there: {ls}`, PATHS], person: true});
const signIn = (means: string): CodeMeaning => ({means, next: [SIGN_IN], person: true});

/** Source of the codes: Globus Transfer API, "Task events". */
export const CODE_MEANINGS: Readonly<Record<string, CodeMeaning>> = {
  FILE_NOT_FOUND: {
    means: '{place} does not exist',
    next: [
      'Put it there, and the transfer continues by itself.',
      'See what is there: {ls}',
      'Or give up: stage cancel {run}',
    ],
    person: true,
  },
  PERMISSION_DENIED: {
    means: 'the permission for {place} is missing',
    next: [
      'Give yourself the permission (chmod, chown or the collection’s access rules), and the transfer continues by itself.',
      'Or ask the owner of {collection} for access.',
    ],
    person: true,
  },
  ACL_CHANGED: {
    means: 'the access rules of {collection} were changed',
    next: ['Ask the owner of {collection} for access; then the transfer continues by itself.'],
    person: true,
  },
  NO_SPACE_LEFT: {
    means: 'no space is left for {place}',
    next: ['Free some space on {collection}, and the transfer continues by itself.', 'Or give up: stage cancel {run}'],
    person: true,
  },
  QUOTA_EXCEEDED: {
    means: 'the quota at the destination of {place} is used up',
    next: ['Delete files or ask for more quota on {collection}, and the transfer continues by itself.'],
    person: true,
  },
  LIMIT_EXCEEDED: {means: 'a limit of {collection} is reached', next: [RETRIES, OWNER]},
  AMBIGUOUS_PATH: wrongKind('{place} can mean more than one thing'),
  INVALID_PATH_NAME: wrongKind('{place} is not a name that the collection accepts'),
  INVALID_SYMLINK: wrongKind('{place} is a symbolic link that leads nowhere'),
  NOT_A_SYMLINK: wrongKind('{place} is not a symbolic link'),
  IS_A_DIRECTORY: wrongKind('{place} is a directory where a file is wanted'),
  IS_A_FILE: wrongKind('{place} is a file where a directory is wanted'),
  NOT_A_DIRECTORY: wrongKind('{place}, or a part of it, is not a directory'),
  NOT_A_FILE: wrongKind('{place} is not an ordinary file'),
  FILE_SIZE_CHANGED: {
    means: '{place} changed while it was copied',
    next: ['See that nothing writes to it during the transfer; Globus copies it again by itself.'],
  },
  VERIFY_CHECKSUM: {
    means: 'the copy of {place} has another checksum than the original',
    next: ['Globus copies it again by itself. See that nothing writes to it meanwhile.', OWNER],
  },
  EXTERNAL_CHECKSUM_MISMATCH: {
    means: '{place} has another checksum than the one that was given',
    next: ['See whether the file or the checksum is the wrong one, then start again: stage resume {run}'],
    person: true,
  },
  AUTH: signIn('{collection} does not accept the sign-in'),
  NO_CREDENTIALS: signIn('the credential for {collection} has expired'),
  INVALID_SERVICE_CREDENTIAL: {
    means: '{collection} presents a credential that Globus does not accept',
    next: ['Tell the owner of {collection}: its server needs a new certificate.'],
    person: true,
  },
  GSI_DN_MISMATCH: {
    means: '{collection} presents the certificate of another server',
    next: ['Tell the owner of {collection}.'],
    person: true,
  },
  CLOCK: {means: 'the clock of {collection} is wrong', next: ['Tell the owner of {collection}.'], person: true},
  CONNECT_FAILED: away('{collection} cannot be reached'),
  CONNECTION_BROKEN: away('the connection to {collection} broke'),
  CONNECTION_RESET: away('the connection to {collection} was reset'),
  TIMEOUT: away('{collection} does not answer in time'),
  ENDPOINT_TOO_BUSY: {means: '{collection} is busy with other transfers', next: [RETRIES]},
  ENDPOINT_ERROR: away('{collection} reported an error'),
  GC_NOT_CONNECTED: {
    means: 'the machine of {collection} is not connected',
    next: ['Start Globus Connect Personal on that machine; the transfer continues by itself.'],
    person: true,
  },
  GC_PAUSED: {
    means: 'Globus Connect Personal of {collection} is paused',
    next: ['End the pause in Globus Connect Personal on that machine; the transfer continues by itself.'],
    person: true,
  },
  NO_PHYSICALS: away('no server of {collection} is available'),
  NO_APPEND_FILESYSTEM: {
    means: '{collection} cannot continue half-written files',
    next: [RETRIES, OWNER],
  },
  MPU_NOT_FOUND: {means: 'an upload to {collection} was lost half-way', next: [RETRIES]},
  INTERNAL_ERROR: away('Globus or {collection} met an error of its own'),
  UNKNOWN: away('{collection} reported an error that Globus has no name for'),
  PAUSED_BY_ADMIN: {means: 'the manager of {collection} paused it', next: ['Ask the manager of {collection}.']},
};

/** A code that is in no list still has words: Globus's own. */
export function meaningOf(code: string, description: string): CodeMeaning {
  const known = Object.hasOwn(CODE_MEANINGS, code) ? CODE_MEANINGS[code] : undefined;
  return known ?? {means: `Globus reports ${description || code}`, next: [RETRIES, OWNER]};
}
