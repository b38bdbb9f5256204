import type {LocalStatus} from '../local/control.ts';
import {OUTAGE_MODES} from '../local/outage-modes.ts';
import type {LocalOutage} from '../local/outages.ts';
import {renderDuration, renderTable} from './units.ts';

const DAY_SECONDS = 86_400;

export function renderLocal({pid, url, jobs, tasks, collections, outages, daySeconds}: LocalStatus): string {
  const counts = (all: object) =>
    Object.entries(all)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  const rows = collections.map((one) => [one.name, one.id, one.directory, conditionOf(one)]);
  return [
    `process ${pid}, Globus at ${url}`,
    ...(daySeconds === DAY_SECONDS ? [] : [`clock: a day lasts ${renderDuration(daySeconds)}`]),
    `jobs: ${counts(jobs)}`,
    `tasks: ${counts(tasks)}`,
    ...outages.map((one) => `outage: ${renderOutage(one)}`),
    renderTable([['COLLECTION', 'ID', 'DIRECTORY', ''], ...rows]),
  ].join('\n');
}

function conditionOf({pausedBy, expired, faults = []}: LocalStatus['collections'][number]): string {
  return [
    ...(pausedBy ? [`paused: ${pausedBy.message}`] : []),
    ...(expired ? ['credential expired'] : []),
    ...faults.map(({path, code}) => `${code} beneath ${path}`),
  ].join('; ');
}

function renderOutage({target, mode, rate, until, count, command, auth, hits}: LocalOutage): string {
  return [
    `${target} ${mode}`,
    ...(command === null ? [] : [`${command} only`]),
    ...(auth ? ['tokens too'] : []),
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
