/** Exit codes of every command. {@link EXIT_MEANINGS} says what each means to a script. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** nothing was changed */
  usage: 2,
  actionNeeded: 3,
  /** nothing is lost */
  unreachable: 4,
  conflict: 5,
  defect: 70,
  /** said by src/cli/start.ts, which can load nothing else */
  notLoaded: 126,
  /** what was waited for goes on */
  interrupted: 130,
} as const;

/** The table of exit codes: README and docs/reference/commands.md are made from it (scripts/docs.mjs). */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done, or done already',
  failed: 'the run, job or transfer in question has failed, or was cancelled',
  usage: 'the command or the workflow has a mistake, or names what does not exist; nothing was changed',
  actionNeeded: 'you have to act: credentials, a sign-in or a consent are needed',
  unreachable: 'PBS, Globus or the disk cannot be used at the moment; repeat the command later',
  conflict: 'the state changed meanwhile: another process was faster',
  defect: 'an internal error of stage',
  notLoaded: 'stage itself could not be loaded: it is being installed, or its installation is damaged',
  interrupted: 'waiting (`--wait`, `wait`) was ended with Ctrl-C; what was waited for goes on',
};

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface StageErrorParts {
  /** stable upper-case word that scripts may test, such as `SCHEDULER_UNREACHABLE` */
  readonly code: string;
  readonly exit: ExitCode;
  /** what happened, to what: one line, no full stop */
  readonly what: string;
  /** the reason as far as it is known */
  readonly why?: string;
  /** what to do next: each one sentence or command */
  readonly next?: readonly string[];
  /** several findings behind one error, such as every mistake in a workflow file */
  readonly details?: readonly string[];
  readonly cause?: unknown;
}

/**
 * An error that a user can meet: what happened, why, and what to do next.
 *
 * The cause goes through `super`, because an own field would be printed by `--json`,
 * request headers and token included.
 */
export class StageError extends Error {
  readonly code: string;
  readonly exit: ExitCode;
  readonly why: string | undefined;
  readonly next: readonly string[];
  readonly details: readonly string[];

  constructor(parts: StageErrorParts) {
    super(parts.what, parts.cause === undefined ? undefined : {cause: parts.cause});
    this.name = new.target.name;
    this.code = parts.code;
    this.exit = parts.exit;
    this.why = parts.why;
    this.next = parts.next ?? [];
    this.details = parts.details ?? [];
  }
}

/** Something was asked for that does not exist or makes no sense. Nothing was changed. */
export class RequestWrong extends StageError {
  constructor(
    what: string,
    parts: {code?: string; why?: string; next?: readonly string[]; details?: readonly string[]} = {},
  ) {
    super({
      code: parts.code ?? 'REQUEST_WRONG',
      exit: EXIT.usage,
      what,
      why: parts.why,
      next: parts.next,
      details: parts.details,
    });
  }
}

/** What a promise gives, or the error of ours that it fails with; a defect is thrown on. */
export async function orError<T>(asking: Promise<T>): Promise<T | StageError> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof StageError) return error;
    throw error;
  }
}
