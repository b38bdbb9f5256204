import {ofTheSystem} from '../../disk/system-error.ts';
import {EXIT, type ExitCode} from '../../errors.ts';
import type {LimitsDirectory} from '../../limits/limits-directory.ts';
import {type Capacity, type ClaimState, heldOf, type LimitsState, type Want} from '../../limits/log.ts';
import {inTurn, standingOf} from '../../limits/next-grants.ts';
import {freeOf, type LimitSettings} from '../../limits/open-limits.ts';
import {whyNotYet} from '../../limits/why-not-yet.ts';
import type {LimitsStage} from '../../wiring/stage.ts';

/** A limit, and how much of it is held; sizes of pools in bytes. */
export interface LimitView {
  readonly limit: string;
  readonly kind: Capacity['kind'];
  readonly size: number;
  readonly held: number;
  readonly reserve?: number | undefined;
  readonly path?: string | undefined;
  /** what is really free for a pool, as this host sees it */
  readonly free?: number | undefined;
}

export interface ClaimView {
  /** its number in this directory: what "stage limits release" takes */
  readonly claim: number;
  readonly key: string;
  readonly state: 'granted' | 'waiting';
  readonly wants: readonly Want[];
  readonly priority: number;
  /** `user@host` */
  readonly who: string;
  readonly run?: string | undefined;
  readonly step?: string | undefined;
  /** it is of this state directory */
  readonly own: boolean;
  /** when it was granted, or made */
  readonly since: string;
  /** why it is not granted yet */
  readonly why?: string | undefined;
  /** when its state directory last looked at it, and where; absent: it has not said so */
  readonly lastLook?: {readonly at: string; readonly who: string} | undefined;
}

export interface DirectoryView {
  readonly directory: string;
  readonly shared: boolean;
  /** number of the user who sets its limits */
  readonly keeper: number;
  readonly limits: readonly LimitView[];
  /** granted first, then those that wait, whose turn it is first */
  readonly claims: readonly ClaimView[];
  /** entries of the log that cannot be read: nothing is granted meanwhile */
  readonly unreadable: readonly {readonly entry: number; readonly why: string}[];
}

export interface LimitsReport {
  readonly directories: readonly DirectoryView[];
  readonly exit: ExitCode;
}

/** What there is, who holds it, who waits, since when, and why not yet. It changes nothing. @throws {LimitsNotUsable} */
export function showLimits({limits, ledger}: LimitsStage): LimitsReport {
  try {
    const found = limits.existing();
    const home = found.some(({shared}) => !shared) ? limits.home() : undefined;
    const directories = found.map((directory) => viewOf(directory, limits.settings, home));
    const isMissing = !found.some(({shared}) => !shared) && limits.settings.own.size > 0;
    const planned = isMissing ? [unused(ledger.layout.limits, limits.settings)] : [];
    const all = [...directories, ...planned];
    const isBlocked = all.some(({unreadable}) => unreadable.length > 0);
    return {directories: all, exit: isBlocked ? EXIT.actionNeeded : EXIT.ok};
  } catch (error) {
    throw ofTheSystem(error) ?? error;
  }
}

/** Limits of which nothing was ever claimed: what the profile says. */
function unused(directory: string, {own}: LimitSettings): DirectoryView {
  const limits = [...own].map(([limit, capacity]) => ({limit, held: 0, ...capacity}));
  return {directory, shared: false, keeper: process.getuid?.() ?? 0, limits, claims: [], unreadable: []};
}

function viewOf(directory: LimitsDirectory, {own}: LimitSettings, home: string | undefined): DirectoryView {
  const state = directory.read();
  const looks = directory.lastLooks();
  const free = freeOf(state);
  const capacities = directory.shared ? state.capacities : new Map([...state.capacities, ...own]);
  const granted = [...state.claims.values()].filter((claim) => claim.granted);
  const turns = inTurn(state);
  const others = [...state.claims.values()].filter((claim) => !claim.granted && !turns.includes(claim));
  return {
    directory: directory.directory,
    shared: directory.shared,
    keeper: directory.keeper,
    limits: [...capacities].flatMap(([limit, capacity]) =>
      capacity.size > 0 || heldOf(state, limit) > 0
        ? [{limit, held: heldOf(state, limit), ...capacity, free: capacity.kind === 'pool' ? free(limit) : undefined}]
        : [],
    ),
    claims: [...granted, ...turns, ...others].map((claim) => {
      const look = looks.get(claim.holder.home);
      return {
        ...claimView(state, claim),
        own: claim.holder.home === home,
        lastLook: look && {at: new Date(look.at).toISOString(), who: look.who},
      };
    }),
    unreadable: [...state.unreadable].map(([entry, why]) => ({entry, why})),
  };
}

function claimView(state: LimitsState, claim: ClaimState): Omit<ClaimView, 'own' | 'lastLook'> {
  const {key, turn, wants, priority, holder, granted, at} = claim;
  const standing = standingOf(state, claim, freeOf(state));
  return {
    claim: turn,
    key,
    state: granted ? 'granted' : 'waiting',
    wants,
    priority,
    who: holder.who,
    run: holder.run,
    step: holder.step,
    since: new Date(granted?.at ?? at).toISOString(),
    why: granted ? undefined : whyNotYet(state, standing),
  };
}
