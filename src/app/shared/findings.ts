import type {Profile} from '../../config/profile.ts';
import {EXIT, type ExitCode, type StageError} from '../../errors.ts';

/** One thing that was looked at or tried out: what was found, why it matters, what to do next. */
export interface Finding {
  readonly what: string;
  /** a note is no mistake, but something to know */
  readonly level: 'ok' | 'note' | 'problem';
  readonly why: string;
  readonly next: readonly string[];
  /** of a problem: whose turn it is, as an exit code. Of a note: it could not be learnt */
  readonly exit?: ExitCode | undefined;
}

export function fine(what: string, why: string): Finding {
  return {what, level: 'ok', why, next: []};
}

export function note(what: string, why: string, ...next: string[]): Finding {
  return {what, level: 'note', why, next};
}

export function problem(what: string, why: string, exit: ExitCode, ...next: string[]): Finding {
  return {what, level: 'problem', why, next, exit};
}

/** @param what what could not be done; the error's own words when absent */
export function problemOf(error: StageError, what?: string): Finding {
  if (what === undefined) return problem(error.message, error.why ?? '', error.exit, ...error.next);
  return problem(what, [error.message, error.why].filter(Boolean).join(': '), error.exit, ...error.next);
}

/** Nothing of a run continues by itself where jobs of stage cannot look. */
export function noNetwork(profile: Profile): Finding {
  const cron = `*/5 * * * * stage monitor --no-chain --profile ${profile.name}`;
  return note(
    'staging jobs may not reach the network',
    'launchers, sentinels and monitors cannot contact Globus from a job: another process must look',
    `On a submit node that may run cron, add with "crontab -e": ${cron}`,
    'Without cron: run "stage monitor" on the submit node by hand or in a loop; "stage status" and "stage run" look too.',
    'If the site has a queue whose nodes have network access (often a copy or data mover queue), name it under "staging" and drop network: false.',
  );
}

export function isProblem({level}: Finding): boolean {
  return level === 'problem';
}

/**
 * What the user has to correct comes first: no sign-in helps against a wrong path.
 *
 * @param strict whether what could not be queried counts: `stage check` was asked to find out, `stage run` goes on and
 *   tries again later
 */
export function exitOfFindings(findings: readonly Finding[], strict: boolean): ExitCode {
  const exits = findings.flatMap(({level, exit}) =>
    exit !== undefined && (strict || level === 'problem') ? [exit] : [],
  );
  return [EXIT.usage, EXIT.actionNeeded, EXIT.unreachable].find((exit) => exits.includes(exit)) ?? EXIT.ok;
}

const SIGNS = {ok: 'ok  ', note: 'note', problem: 'NOT '} as const;

/** What was found, with what to do about it. */
export function renderFindings(findings: readonly Finding[]): string[] {
  return findings.flatMap(({level, what, why, next}) => [
    `${SIGNS[level]} ${what}: ${why}`,
    ...next.map((line, index) => `       ${index === 0 ? 'next:' : '     '} ${line}`),
  ]);
}
