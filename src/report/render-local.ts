import type {LocalStatus} from '../local/control.ts';
import {renderTable} from './units.ts';

export function renderLocal({pid, url, jobs, tasks, collections}: LocalStatus): string {
  const counts = (all: object) =>
    Object.entries(all)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  const rows = collections.map(({name, id, directory, pausedBy}) => [
    name,
    id,
    directory,
    pausedBy ? `paused: ${pausedBy.message}` : '',
  ]);
  return [
    `process ${pid}, Globus at ${url}`,
    `jobs: ${counts(jobs)}`,
    `tasks: ${counts(tasks)}`,
    renderTable([['COLLECTION', 'ID', 'DIRECTORY', ''], ...rows]),
  ].join('\n');
}
