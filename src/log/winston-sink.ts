import {createLogger} from 'winston';
import Transport from 'winston-transport';
import {type LogFormat, type LogLevel, type LogLine, renderLine} from './log.ts';

const LEVELS: Readonly<Record<LogLevel, number>> = {error: 0, warn: 1, info: 2, debug: 3};

/** Somewhere that lines go: from which level on, in which format. */
export interface Outlet {
  readonly level: LogLevel;
  readonly format: LogFormat;
  append(at: number, line: string): void;
}

/** What takes lines, and an end that waits until all of them have gone out. */
export interface Sink {
  write(line: LogLine): void;
  end(): Promise<void>;
}

/** Lines by way of winston, to each outlet from its level on. */
export function winstonSink(outlets: readonly Outlet[]): Sink {
  const logger = createLogger({levels: LEVELS, level: 'debug', transports: outlets.map(transportTo)});
  return {
    write: (line) => {
      logger.log({level: line.level, message: line.event, line});
    },
    end: () =>
      new Promise((resolve) => {
        logger.once('finish', resolve);
        logger.end();
      }),
  };
}

function transportTo({level, format, append}: Outlet): Transport {
  return new Transport({
    level,
    log({line}: {readonly line: LogLine}, next: () => void) {
      append(line.at, renderLine(line, format));
      next();
    },
  });
}
