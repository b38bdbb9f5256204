import {appendFileSync} from 'node:fs';
import {join} from 'node:path';
import {logDate, logDay} from '../../language/dates.ts';
import type {Job} from './job.ts';

/** The server's log and the accounting records: one file a day each, lines as a real server writes them. */
export interface Journal {
  /** @param event the four digits of the event class, such as `0008` */
  server(event: string, id: string, text: string): void;
  accounting(type: string, id: string, text: string): void;
}

export function createJournal(serverLogs: string, accounting: string, server: string, now: () => number): Journal {
  return {
    server(event, id, text) {
      const at = now();
      appendFileSync(join(serverLogs, logDay(at)), `${logDate(at)};${event};Server@${server};Job;${id};${text}\n`, {
        mode: 0o600,
      });
    },
    accounting(type, id, text) {
      const at = now();
      appendFileSync(join(accounting, logDay(at)), `${logDate(at)};${type};${id};${text}\n`, {mode: 0o600});
    },
  };
}

const seconds = (at: number | undefined): number => (at === undefined ? 0 : Math.floor(at / 1000));

/** The fields that Q, S, E and R records share, and what each adds. */
export function accountingText(job: Job, type: 'Q' | 'S' | 'E' | 'R', depend: string): string {
  const parts = [
    `user=${job.owner}`,
    `group=${job.group}`,
    ...(job.account === undefined ? [] : [`account="${job.account}"`]),
    `project=${job.project}`,
    `jobname=${job.name}`,
    `queue=${job.queue}`,
    `ctime=${seconds(job.ctime)}`,
    `qtime=${seconds(job.qtime)}`,
    `etime=${seconds(job.etime)}`,
  ];
  const resources = Object.entries(job.resources)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `Resource_List.${name}=${value}`);
  if (type === 'Q') {
    if (depend !== '') parts.push(`depend=${depend}`);
    return `${[...parts, ...resources].join(' ')} `;
  }
  parts.push(
    `start=${seconds(job.stime)}`,
    `exec_host=${job.execHost ?? ''}`,
    `exec_vnode=${job.execVnode ?? ''}`,
    ...resources,
  );
  if (type === 'S') return `${[...parts, `resource_assigned.ncpus=${job.resources.ncpus ?? '1'}`].join(' ')} `;
  const used = Object.entries(job.resourcesUsed ?? {}).map(([name, value]) => `resources_used.${name}=${value}`);
  return [
    ...parts,
    `session=${job.sessionId ?? 0}`,
    `end=${seconds(job.obittime)}`,
    `Exit_status=${job.exitStatus ?? 0}`,
    ...used,
    `run_count=${job.runCount}`,
  ].join(' ');
}
