import {renderTime} from '../../base/units.ts';
import type {SessionView, WhoamiReport} from './whoami.ts';

const BY = {
  'native-app': 'as a person, with a native app',
  client: 'as a client, with its secret',
  'globus-cli': 'with the login of the globus CLI',
};
const KEPT = {
  file: 'in files of the state directory',
  keyring: 'in the keyring of this session',
  'globus-cli': 'by the globus CLI, which is only read',
};

/** Who stage acts as, and for how long. */
export function renderWhoami(report: WhoamiReport): string {
  const {identity, sessions} = report;
  return [
    `${identity.username}${identity.name ? ` (${identity.name})` : ''}`,
    `  identity    ${identity.id}`,
    `  profile     ${report.profile}`,
    `  signed in   ${BY[report.signedInBy]}${report.authenticatedAt ? `, ${local(report.authenticatedAt)}` : ''}`,
    `  tokens      kept ${KEPT[report.tokens]}`,
    `  good until  ${untilWhen(report)}`,
    ...(report.workUntil ? [`  work        ${workWhen(report, report.workUntil)}`] : []),
    ...sessions.flatMap(renderSession),
  ].join('\n');
}

function untilWhen({accessUntil, renewedBy, renewableUntil}: WhoamiReport): string {
  const access = accessUntil === undefined ? 'not known' : local(accessUntil);
  if (renewedBy === 'none') return `${access}; then a person must sign in again`;
  if (renewedBy === 'client-secret') return `${access}, renewed automatically`;
  return `${access}, renewed automatically; if unused, it expires ${local(renewableUntil ?? '')}`;
}

/** Instants in ISO 8601 UTC are in order as text is. */
function workWhen({accessUntil, renewedBy}: WhoamiReport, until: string): string {
  const short = renewedBy === 'none' && accessUntil !== undefined && accessUntil < until;
  return `transfers under way may go on until ${local(until)}${short ? ', longer than you are signed in' : ''}`;
}

function renderSession({name, demand, state, until, neededUntil, next}: SessionView): string[] {
  const when = {
    good: `met until ${local(until ?? '')}`,
    short: `met until ${local(until ?? '')}, and a transfer there may go on until ${local(neededUntil ?? '')}`,
    over: `run out ${local(until ?? '')}`,
    unknown: 'whether it is met is not known',
  };
  return [`  ${name} requires ${demand}: ${when[state]}`, ...(next ? [`    to renew: ${next}`] : [])];
}

export function renderLogin(
  report: WhoamiReport & {readonly consents: readonly {readonly name: string}[]; readonly replaced?: string},
): string {
  const {consents, replaced} = report;
  return [
    'You are signed in to Globus.',
    renderWhoami(report),
    ...(consents.length > 0 ? [`  consents    requested: ${consents.map(({name}) => name).join(', ')}`] : []),
    ...(replaced ? [`  Before, ${replaced} was signed in. Transfers of that identity are no longer visible.`] : []),
  ].join('\n');
}

export function renderLogout(report: {
  readonly profile: string;
  readonly withdrawn: number;
  readonly removed: boolean;
  readonly left?: string;
}): string {
  const {profile, withdrawn, removed, left} = report;
  const what = withdrawn === 1 ? 'one token' : `${withdrawn} tokens`;
  return [
    removed
      ? `Signed out of Globus in profile "${profile}": ${withdrawn > 0 ? `${what} revoked at Globus and deleted here` : 'deleted here; Globus was not contacted'}.`
      : `There were no tokens to delete in profile "${profile}".`,
    ...(left ? [`The secret in ${left} was not deleted: with it, the next command signs in again.`] : []),
  ].join('\n');
}

/** To the minute: sessions and tokens last for hours and days. */
function local(instant: string): string {
  return renderTime(instant).slice(0, 'YYYY-MM-DD hh:mm'.length);
}
