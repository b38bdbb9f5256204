import type {Style} from '../app/shared/render-status.ts';

/** How to draw on a stream: colour only in a terminal, and never against NO_COLOR (no-color.org). */
export function styleOf(stream: NodeJS.WriteStream): Style {
  const terminal = stream.isTTY === true;
  return {
    colour: terminal && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
    ...(terminal && stream.columns ? {width: stream.columns} : {}),
  };
}
