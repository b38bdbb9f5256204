import {closeSync, constants, existsSync, openSync, readdirSync, rmSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {ensureSubdirectory} from '../disk/directories.ts';
import {
  type Log,
  type LogFields,
  type LogFormat,
  type LogLevel,
  type LogLine,
  logFileName,
  outdatedLogs,
} from './log.ts';
import type {Sink} from './winston-sink.ts';

/** Where lines go, and which. */
export interface LogSettings {
  /** the directory of logs */
  readonly directory: string;
  /** a directory that must be there when something is written: none is made for a log, nor in place of a disk that is away */
  readonly beside: string;
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** days that a file is kept */
  readonly keepDays: number;
  /** also show every line, debug ones included, here */
  readonly verbose: ((line: string) => void) | undefined;
  readonly host: string;
  /** on every line, such as the command and the process id */
  readonly always: LogFields;
  readonly clock: () => number;
}

/** So many lines wait for their file; a state directory is made by the first run, after the first lines. */
const MOST_WAITING = 1000;

/**
 * Open the log of stage. Nothing is loaded, and no file is made, before something is written.
 *
 * Lines are written by winston, one write(2) each in append mode, so that several processes of a host share a file, and
 * what a process wrote before it was killed is there. A line that the disk does not take is left out.
 */
export function openLog(settings: LogSettings): Log {
  const {always, clock, level, format, verbose} = settings;
  const ready = () => verbose !== undefined || existsSync(settings.beside);
  const waiting: LogLine[] = [];
  let sink: Sink | undefined;
  let loading: Promise<void> | undefined;
  const load = async () => {
    const {winstonSink} = await import('./winston-sink.ts');
    sink = winstonSink([
      {level, format, append: createDayFile(settings)},
      ...(verbose
        ? [{level: 'debug' as const, format: 'text' as const, append: (_: number, line: string) => verbose(line)}]
        : []),
    ]);
  };
  const drain = () => {
    if (sink && ready()) for (const line of waiting.splice(0)) sink.write(line);
  };
  return {
    write(importance, event, fields = {}) {
      if (!verbose && isBelow(importance, level)) return;
      waiting.push({at: clock(), level: importance, event, fields: {...always, ...fields}});
      if (waiting.length > MOST_WAITING) waiting.shift();
      if (sink) drain();
      else loading ??= load().then(drain, () => {}); // an installation that is being replaced loses its log, no more
    },
    async end() {
      await loading;
      drain();
      await sink?.end();
      sink = undefined;
    },
  };
}

/** Through no link: another user could have lines added to another file by it. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

const RANK: Readonly<Record<LogLevel, number>> = {error: 0, warn: 1, info: 2, debug: 3};

function isBelow(level: LogLevel, least: LogLevel): boolean {
  return RANK[level] > RANK[least];
}

/**
 * One file a host and day, for its owner alone; the process that begins a file removes the old ones of this host.
 *
 * @returns appends a line of an instant; never throws
 */
function createDayFile({
  directory,
  beside,
  host,
  keepDays,
}: Pick<LogSettings, 'directory' | 'beside' | 'host' | 'keepDays'>): (at: number, line: string) => void {
  return (at, line) => {
    try {
      const file = join(directory, logFileName(host, at));
      if (!existsSync(file)) {
        if (!existsSync(beside)) return;
        ensureSubdirectory(directory);
        for (const name of outdatedLogs(readdirSync(directory), host, at, keepDays))
          rmSync(join(directory, name), {force: true});
      }
      const opened = openSync(file, APPEND, 0o600);
      try {
        writeSync(opened, `${line}\n`);
      } finally {
        closeSync(opened);
      }
    } catch {
      // A full, read-only or absent disk: nothing is decided by a log, and the work goes on.
    }
  };
}
