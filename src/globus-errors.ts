import {EXIT, StageError} from './errors.ts';

/** A proxy that refused to reach Globus: Globus was not asked. */
export interface ProxyRefusal {
  readonly host: string;
  /** what to do about it */
  readonly next: string;
}

/** Globus, or what is asked in its place, could not be queried, or answered with nothing that can be read. Nothing may be concluded. */
export class TransferUnreachable extends StageError {
  /** it did not answer in time: whatever else it is asked now would wait as long */
  readonly timedOut: boolean;

  /** @param more `notBefore`: until when it is not asked, in words; `proxy`: that refused, and what to do about it; `service`: what was asked in the place of Globus */
  constructor(
    asked: string,
    why: string,
    more: {
      readonly cause?: unknown;
      readonly timedOut?: boolean;
      readonly notBefore?: string;
      readonly proxy?: ProxyRefusal | undefined;
      readonly service?: string | undefined;
    } = {},
  ) {
    const {cause, timedOut = false, notBefore, proxy, service = 'Globus'} = more;
    super({
      code: 'TRANSFER_UNREACHABLE',
      exit: EXIT.unreachable,
      what: proxy
        ? `The proxy ${proxy.host} did not let "${asked}" through to Globus`
        : `${service} did not answer "${asked}"`,
      why,
      next: [
        ...(proxy ? [proxy.next] : []),
        `Nothing is lost: run the same command again ${notBefore ? `after ${notBefore}` : 'later'}.`,
      ],
      cause,
    });
    this.timedOut = timedOut;
  }
}

/**
 * Why the same request may be accepted later: `room`, since as many tasks are pending as an identity may have; `unclear`,
 * since it is a conflict whose code is not known here.
 */
export type Later = 'room' | 'unclear';

/** Globus answered, and said no. `why` quotes its code and message. */
export class TransferRefused extends StageError {
  /** Globus's own error code, such as `EndpointNotFound` */
  readonly globusCode: string;
  /** absent: asking again would end no differently */
  readonly later?: Later | undefined;
  /** the same request was made a moment before, and had no answer: it may have been carried out */
  afterSilence = false;
  constructor(parts: {
    asked: string;
    globusCode: string;
    why: string;
    next?: readonly string[];
    later?: Later | undefined;
    cause?: unknown;
    /** what was asked in the place of Globus */
    service?: string | undefined;
  }) {
    super({
      code: 'TRANSFER_REFUSED',
      exit: parts.later ? EXIT.unreachable : EXIT.usage,
      what: `${parts.service ?? 'Globus'} refused "${parts.asked}"`,
      why: parts.why,
      next: parts.next ?? [],
      cause: parts.cause,
    });
    this.globusCode = parts.globusCode;
    this.later = parts.later;
  }
}

/** A person must sign in, consent, or correct credentials before Globus continues. */
export class SignInNeeded extends StageError {
  constructor(parts: {code?: string; what: string; why: string; next: readonly string[]; cause?: unknown}) {
    super({code: 'SIGN_IN_NEEDED', exit: EXIT.actionNeeded, ...parts});
  }
}

/** A variable of the environment names a proxy in a way that cannot be meant: Globus was not asked. Its value, which may hold a password, is not shown. */
export class ProxyWrong extends SignInNeeded {
  constructor(variable: string, why: string) {
    super({
      code: 'PROXY_WRONG',
      what: `${variable} in the environment does not name a proxy that can be used`,
      why,
      next: [
        `Set ${variable}=http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT with special characters percent-encoded (# as %23, / as %2F, ? as %3F, @ as %40, % as %25).`,
        `Where no proxy is needed: unset ${variable}`,
        'Then run the same command again: nothing is lost.',
      ],
    });
  }
}

export const PROXY_WRONG = 'PROXY_WRONG';
