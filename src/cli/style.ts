import type {Style} from '../app/shared/text-layout.ts';
import type {Environment} from '../base/environment.ts';

/**
 * How to write for people on a stream. Lines are wrapped in a terminal, and elsewhere only where COLUMNS asks for it:
 * what is read by grep keeps each thing on one line.
 */
export function styleOf(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>,
  asked: {readonly ascii?: boolean; readonly ids?: boolean} = {},
  env: Environment = process.env,
): Style {
  const terminal = stream.isTTY === true;
  return {
    colour: hasColour(terminal, env),
    width: terminal ? stream.columns || columnsOf(env) || 80 : columnsOf(env),
    ascii: asked.ascii || !hasUtf8(env),
    ids: asked.ids,
  };
}

/** NO_COLOR (no-color.org) before FORCE_COLOR; without either in a terminal only. */
function hasColour(terminal: boolean, {NO_COLOR, FORCE_COLOR, TERM}: Environment): boolean {
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return !/^(0|false)$/.test(FORCE_COLOR);
  return terminal && TERM !== 'dumb';
}

function columnsOf({COLUMNS}: Environment): number | undefined {
  return /^[1-9]\d*$/.test(COLUMNS ?? '') ? Number(COLUMNS) : undefined;
}

/** The first of these that is set decides (POSIX, "Locale"). Where none is set, UTF-8 is assumed. */
function hasUtf8({LC_ALL, LC_CTYPE, LANG}: Environment): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG;
  return !locale || /utf-?8/i.test(locale);
}
