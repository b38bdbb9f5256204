import {API_ERRORS} from './globus/http/api-errors.ts';

/** How the stand-ins can be made to fail: what each mode does, and which requests it hits. */

export const OUTAGE_TARGETS = ['pbs', 'pbs-db', 'globus'] as const;
export type OutageTarget = (typeof OUTAGE_TARGETS)[number];

export interface OutageMode {
  readonly what: string;
  /** PBS commands it hits unless one is named; absent: every one that talks to the server */
  readonly commands?: readonly string[];
  /** it makes no sense for other commands */
  readonly only?: true;
}

/** The commands that make the server save a job. */
const SAVING = ['qsub', 'qalter', 'qhold', 'qrls', 'qdel', 'qmove', 'qrerun'];

export const OUTAGE_MODES: Readonly<Record<OutageTarget, Readonly<Record<string, OutageMode>>>> = {
  pbs: {
    down: {what: 'the server cannot be reached'},
    hang: {what: 'it takes requests and does not answer until the outage ends'},
    late: {what: 'it carries out the command and holds the answer back', commands: ['qsub']},
    lost: {what: 'it carries out the command; the connection breaks before the answer'},
    refuse: {what: 'qsub is refused, as when too many jobs are queued', commands: ['qsub'], only: true},
    'unknown-queue': {what: 'qsub is refused', commands: ['qsub'], only: true},
    'bad-resource': {what: 'qsub is refused', commands: ['qsub'], only: true},
    garbage: {what: 'qstat prints garbage, and exits 0', commands: ['qstat'], only: true},
    half: {what: 'qstat prints half of its answer, and exits 0', commands: ['qstat'], only: true},
  },
  'pbs-db': {
    down: {what: 'the server answers questions and cannot save jobs', commands: SAVING, only: true},
  },
  globus: {
    down: {what: 'connections are closed at once; nothing is carried out'},
    '429': {what: 'too many requests, with Retry-After'},
    '500': {what: 'internal error'},
    '503': {what: 'service unavailable'},
    timeout: {what: 'it takes requests and never answers; nothing is carried out'},
    reset: {what: 'connections are reset; nothing is carried out'},
    html: {what: 'a proxy answers 502 with an HTML page'},
    half: {what: 'it carries out the request; half of its JSON comes, with status 200'},
    garbage: {what: 'meaningless JSON, with status 200; nothing is carried out'},
    lost: {what: 'submissions are carried out; the connection is reset before the answer'},
    ...Object.fromEntries(
      Object.entries(API_ERRORS).map(([code, {status}]) => [code, {what: `submissions are refused with ${status}`}]),
    ),
  },
};

/** An outage as it is asked for. */
export interface OutageWish {
  readonly target: OutageTarget;
  readonly mode: string;
  /** the part of the requests that it hits, above 0 and at most 1 */
  readonly rate: number;
  /** null: until it is ended */
  readonly seconds: number | null;
  /** how many requests it hits before it is over; null: no bound */
  readonly count: number | null;
  /** the one PBS command that it hits; null: those of the mode */
  readonly command: string | null;
  /** Globus: also the token endpoint */
  readonly auth: boolean;
  /** Globus: the `Retry-After` of its refusal, in seconds; one second with 429, none with 503, when absent */
  readonly retryAfter?: number | undefined;
}

/** Why an outage makes no sense, and what would; undefined when it does. */
export function faultOfWish(wish: OutageWish): {what: string; why: string} | undefined {
  const modes = OUTAGE_MODES[wish.target];
  const mode = Object.hasOwn(modes, wish.mode) ? modes[wish.mode] : undefined;
  if (!mode) {
    return {
      what: `${wish.target} has no mode "${wish.mode}"`,
      why: `its modes are ${Object.keys(modes).sort().join(', ')}`,
    };
  }
  if (!(wish.rate > 0 && wish.rate <= 1))
    return {what: 'that is not a rate', why: 'a rate is above 0 and at most 1: the fraction of the requests that fail'};
  if (wish.command !== null && wish.target === 'globus')
    return {what: 'Globus has no commands', why: '--command names a PBS command'};
  if (wish.command !== null && mode.only && !mode.commands?.includes(wish.command)) {
    return {
      what: `mode "${wish.mode}" does not apply to ${wish.command}`,
      why: `it applies to ${mode.commands?.join(', ')}`,
    };
  }
  if (wish.auth && wish.target !== 'globus')
    return {what: '--auth belongs to an outage of Globus', why: 'PBS has no token endpoint'};
  if (wish.retryAfter !== undefined && !(wish.target === 'globus' && ['429', '503'].includes(wish.mode)))
    return {
      what: '--retry-after belongs to the modes 429 and 503 of Globus',
      why: 'other answers carry no such header',
    };
  return undefined;
}

/** Whether a PBS command is among those an outage is meant for. tracejob only reads log files. */
export function concernsCommand({target, mode, command}: OutageWish, asked: string): boolean {
  if (command !== null) return command === asked;
  return OUTAGE_MODES[target][mode]?.commands?.includes(asked) ?? asked !== 'tracejob';
}
