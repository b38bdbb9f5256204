import {renderDuration} from '../../base/units.ts';
import {type LocalOutage, type LocalStatus, OUTAGE_MODES, type Requirements} from '../../stand-ins/door.ts';
import {renderTable} from '../shared/text-layout.ts';
import {USUAL_LIMITS} from './local-trouble.ts';

const DAY_SECONDS = 86_400;

export function renderLocal(status: LocalStatus): string {
  const {pid, url, jobs, tasks, collections, outages, limits, identities, daySeconds, damaged = []} = status;
  const counts = (all: object) =>
    Object.entries(all)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  return [
    `process ${pid}, Globus at ${url}`,
    ...(daySeconds === DAY_SECONDS ? [] : [`clock: a day lasts ${renderDuration(daySeconds)}`]),
    `jobs: ${counts(jobs)}`,
    `tasks: ${counts(tasks)}`,
    ...(isUsual(limits) ? [] : [`limits: ${renderLimits(limits)}`]),
    ...(identities.length > 1 ? [`identities: ${identities.join(', ')}`] : []),
    ...damaged.map(({file, why}) => `damaged: ${file}: ${why}`),
    ...outages.map((one) => `outage: ${renderOutage(one)}`),
    renderLocalCollections(collections),
  ].join('\n');
}

export function renderLocalCollections(collections: LocalStatus['collections']): string {
  const rows = collections.map((one) => [one.name, one.id, one.directory, conditionOf(one)]);
  return renderTable([['COLLECTION', 'ID', 'DIRECTORY', ''], ...rows]);
}

const isUsual = (limits: LocalStatus['limits']): boolean =>
  (Object.keys(USUAL_LIMITS) as (keyof typeof limits)[]).every((name) => limits[name] === USUAL_LIMITS[name]);

const renderLimits = ({active, pending, requests, files, entries}: LocalStatus['limits']): string =>
  [
    `${active} transfers at a time`,
    `${pending} pending`,
    requests === null ? 'unlimited requests' : `${requests} requests/s`,
    `${files} files a task`,
    `${entries} entries a directory`,
  ].join(', ');

function conditionOf({pausedBy, expired, faults = [], requires, guest}: LocalStatus['collections'][number]): string {
  return [
    ...(guest ? [`guest collection on ${guest.host}:${guest.path}`] : []),
    ...(requires ? [`requires ${renderRequirements(requires)}`] : []),
    ...(pausedBy ? [`paused: ${pausedBy.message}`] : []),
    ...(expired ? ['credential expired'] : []),
    ...faults.map(({path, code}) => `${code} below ${path}`),
  ].join('; ');
}

function renderRequirements({consent, domains, policies, mfa}: Requirements): string {
  return [
    ...(consent ? ['consent'] : []),
    ...(domains.length > 0 ? [`a sign-in from ${domains.join(' or ')}`] : []),
    ...(policies.length > 0 ? [`policy ${policies.join(', ')}`] : []),
    ...(mfa ? ['a second factor'] : []),
  ].join(', ');
}

function renderOutage({target, mode, rate, until, count, command, auth, retryAfter, hits}: LocalOutage): string {
  return [
    `${target} ${mode}`,
    ...(command === null ? [] : [`${command} only`]),
    ...(auth ? ['tokens too'] : []),
    ...(retryAfter === undefined ? [] : [`Retry-After ${renderDuration(retryAfter)}`]),
    ...(rate === 1 ? [] : [`${rate} of the requests`]),
    ...(until === null ? [] : [`until ${until}`]),
    count === null ? `${hits} hit` : `${hits} of ${count} hit`,
  ].join(', ');
}

/** The modes of all outages, for the help of the command: a paragraph a stand-in. */
export function renderOutageModes(): string {
  return Object.entries(OUTAGE_MODES)
    .map(([target, modes]) => {
      const each = Object.entries(modes).map(([mode, {what}]) => `${mode} (${what})`);
      return `Modes of ${target}: ${each.join('; ')}.`;
    })
    .join('\n');
}
