import {DAY_MS} from '../base/time.ts';
import {visibleJson} from '../base/visible.ts';

/** How much a line matters; `debug` is what was only looked at. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export const LOG_LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** How lines are written: for people, as JSON, or by the best practices of NetLogger. */
export type LogFormat = 'text' | 'json' | 'netlogger';

export const LOG_FORMATS: readonly LogFormat[] = ['text', 'json', 'netlogger'];

/** What a line says besides its event. Never a token, a secret or the value of a flag. */
export interface LogFields {
  readonly run?: string | undefined;
  readonly step?: string | undefined;
  readonly job?: string | undefined;
  readonly task?: string | undefined;
  readonly [name: string]: string | number | boolean | undefined;
}

/** The log of stage itself: what it asked, decided and did. Nothing is decided by it, and it never fails a command. */
export interface Log {
  /** @param event what happened, as `pbs.qsub` or `command.end` */
  write(level: LogLevel, event: string, fields?: LogFields): void;
  /** Write out the rest. To be called once, before the process ends. */
  end(): Promise<void>;
}

/** Of each line: when, in which process. */
export interface LogLine {
  /** milliseconds since the epoch */
  readonly at: number;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/**
 * A line without its end, in one of the formats. Pure. Texts from outside cannot end a line or begin another field:
 * whatever is not plain is quoted as a JSON text, with escapes for all that a terminal would obey.
 *
 * `netlogger`: `ts=` (ISO 8601 in UTC), `event=`, `level=` first, then name=value pairs. Source: "Grid Logging: Best
 * Practices Guide" (LBNL, CEDPS), sections on format and required fields.
 */
export function renderLine({at, level, event, fields}: LogLine, format: LogFormat): string {
  const ts = new Date(at).toISOString();
  const given = Object.entries(fields).filter((entry): entry is [string, string | number | boolean] => {
    return entry[1] !== undefined;
  });
  switch (format) {
    case 'json':
      return visibleJson(JSON.stringify({ts, level, event, ...Object.fromEntries(given)}));
    case 'netlogger':
      return [`ts=${ts}`, `event=stage.${event}`, `level=${NETLOGGER_LEVELS[level]}`, ...given.map(pair)].join(' ');
    case 'text':
      return [ts, level.padEnd(5), event, ...given.map(pair)].join(' ');
    default:
      return format satisfies never;
  }
}

const NETLOGGER_LEVELS: Readonly<Record<LogLevel, string>> = {
  error: 'Error',
  warn: 'Warn',
  info: 'Info',
  debug: 'Debug',
};

function pair([name, value]: readonly [string, string | number | boolean]): string {
  const text = String(value);
  return `${name}=${/^[\w@%+=:,./()[\]~#*-]+$/.test(text) ? text : visibleJson(JSON.stringify(text))}`;
}

/** The name of a host's file of one day (in UTC): `HOST-2026-11-30.log`. */
export function logFileName(host: string, at: number): string {
  return `${plain(host)}-${new Date(at).toISOString().slice(0, 10)}.log`;
}

/**
 * Which files of a host are older than are kept. Pure.
 *
 * @param names what lies in the directory of logs; other hosts' files, and what is no log, are left alone
 * @param keepDays days a file is kept after its own; 0 keeps today's alone
 */
export function outdatedLogs(names: readonly string[], host: string, now: number, keepDays: number): string[] {
  const prefix = `${plain(host)}-`;
  const oldest = new Date(now - keepDays * DAY_MS).toISOString().slice(0, 10);
  return names.filter((name) => {
    const [, day] = name.startsWith(prefix) ? (/^(\d{4}-\d\d-\d\d)\.log$/.exec(name.slice(prefix.length)) ?? []) : [];
    return day !== undefined && day < oldest;
  });
}

function plain(host: string): string {
  return host.replace(/[^A-Za-z0-9._-]/g, '_');
}
