/** Exit codes of every command. The table in docs/reference says what each means to a script. */
export const EXIT = {
  ok: 0,
  /** the run, job or transfer asked about failed */
  failed: 1,
  /** the request is wrong; nothing was changed */
  usage: 2,
  /** a person must act: sign in, consent, renew a credential */
  actionNeeded: 3,
  /** PBS, Globus or the disk is refusing work for now; nothing is lost */
  unreachable: 4,
  /** somebody else holds it, or it changed meanwhile */
  conflict: 5,
  /** a defect of stage */
  defect: 70,
  /** the person ended the waiting with Ctrl-C; what was waited for goes on */
  interrupted: 130,
} as const;

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
