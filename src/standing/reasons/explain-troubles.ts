import {renderTime} from '../../base/units.ts';
import {EXIT} from '../../errors.ts';
import {PROXY_WRONG} from '../../globus-errors.ts';
import type {LookFact} from '../../ledger/monitor-facts.ts';
import {isJob, type ProcessKind, type Service, type Trouble} from '../../ledger/troubles.ts';
import type {Reason, StepStanding} from '../standing.ts';

/** What decides whether a trouble of a process matters to a run. */
export interface CarriedRun {
  readonly run: string;
  readonly createdAt: number;
  readonly steps: readonly Pick<StepStanding, 'kind' | 'end'>[];
  /** the last look of a monitor: when it was, and of which process */
  readonly lastLook: Pick<LookFact, 'at' | 'by'> | undefined;
  /** jobs of stage look; otherwise cron and commands do */
  readonly stagingJobs: boolean;
  /** the process that asks: it tells of its own troubles itself */
  readonly by: string | undefined;
}

/**
 * The troubles that keep a run from going on by itself: met by a process that carries it, with a service that its steps
 * still need, and by no monitor's later look passed without them. Pure.
 */
export function troublesOf(troubles: readonly Trouble[], run: CarriedRun): Trouble[] {
  const open = run.steps.filter(({end}) => end === undefined);
  const needs: Readonly<Record<Service, boolean>> = {
    PBS: open.some(({kind}) => kind === 'job'),
    Globus: open.some(({kind}) => kind === 'transfer' || kind === 'delete' || kind === 'mkdir'),
  };
  const matters = (trouble: Trouble) =>
    needs[trouble.service] && carries(trouble, run) && trouble.at >= run.createdAt && !isPast(trouble, run.lastLook);
  return troubles
    .filter(matters)
    .sort((a, b) => (b.exit === a.exit ? b.at - a.at : a.exit === EXIT.actionNeeded ? -1 : 1));
}

/** A monitor has looked since, and did not meet it: the look in which it was met is dated by what PBS showed last in it. */
function isPast({at, by}: Trouble, look: CarriedRun['lastLook']): boolean {
  return look !== undefined && look.at > at && look.by !== by;
}

function carries({kind, run: served, by}: Trouble, {run, stagingJobs, by: me}: CarriedRun): boolean {
  if (served !== undefined && served !== run) return false;
  return isJob({kind}) || (by !== me && (kind === 'tick' || !stagingJobs));
}

const WHO: Readonly<Record<ProcessKind, string>> = {
  monitor: 'the monitor',
  launcher: 'the launcher',
  act: 'a job that copies',
  sentinel: 'the sentinel',
  wait: 'the job that waits',
  tick: '"stage monitor"',
  command: 'the last command',
};

const CODES = {
  signIn: 'JOBS_CANNOT_SIGN_IN',
  Globus: 'JOBS_CANNOT_REACH_GLOBUS',
  PBS: 'JOBS_CANNOT_REACH_PBS',
} as const;

/** The last trouble with each service, as a reason of the run. Pure. */
export function explainTroubles(troubles: readonly Trouble[], run: string): Reason[] {
  const first = (['Globus', 'PBS'] as const).flatMap(
    (service) => troubles.find((one) => one.service === service) ?? [],
  );
  return first.map((trouble) => {
    const {kind, service, exit, code, what, why, next, since, at, host, job} = trouble;
    const needsPerson = exit === EXIT.actionNeeded;
    const signIn = needsPerson && code !== PROXY_WRONG;
    const cannot = `${WHO[kind]} cannot ${signIn ? `sign in to ${service}` : `reach ${service}`}`;
    const where = job ? `job ${job}, on ${host}` : `on ${host}`;
    const doctor = 'See what jobs can do that this shell can, and what they cannot: stage doctor --job';
    return {
      standing: needsPerson ? 'action' : 'trouble',
      code: signIn ? CODES.signIn : CODES[service],
      what: `${cannot}: tried last ${renderTime(at)} (${where})`,
      why: `${code}: ${what}${why ? `: ${why}` : ''}`,
      brief: `${cannot} (tried last ${renderTime(at)}, ${where}): ${what}`,
      next: [
        ...(isJob({kind}) ? [doctor] : []),
        ...next.filter((line) => !/^Nothing (is lost|was changed)/.test(line)),
        `Each command looks meanwhile: stage status ${run}`,
      ],
      since,
    };
  });
}
